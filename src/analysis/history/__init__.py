"""Clean ledger, as_of -> netted orders, one row per customer, spells, summaries."""

from analysis.history.customers import build_customers
from analysis.history.months import monthly
from analysis.history.orders import order_days, survivors
from analysis.history.outcomes import outcomes
from analysis.history.spells import build_spells
from analysis.history.statistics import WEEK_DAYS, read_statistics, summarise

__all__ = ["WEEK_DAYS", "build_customers", "build_spells", "monthly", "order_days", "outcomes", "read_statistics", "summarise", "survivors"]
