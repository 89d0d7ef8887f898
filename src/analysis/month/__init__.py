"""What a notebook holds: one month of one source, and the tables, models and lists of each chapter.

`Month` (in `month`) says what there is; each chapter's module says how it is made: `customers`, `segments`, `forecasts`,
`churn`, `contracts`, `value`, `codes`. `tables` lists the derived tables and checks them, `files` writes what is kept.
"""

from analysis.month.month import Month
from analysis.month.opening import open_month, project_root

__all__ = ["Month", "open_month", "project_root"]
