"""What a notebook holds: one month of one source, and the tables, models and lists of each chapter.

`Month` (in `month`) names what there is. `basis` is what a month stands on; each chapter's module makes what its name says, from
the basis and from what the chapters before it made: `contractual`, `customers`, `segments`, `forecasts`, `churn`, `valuation`,
`codes`. `tables` lists the derived tables and checks them, `files` writes what people work with.
"""

from analysis.month.month import Month
from analysis.month.opening import open_month, project_root

__all__ = ["Month", "open_month", "project_root"]
