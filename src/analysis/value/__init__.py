"""History, scores -> customer lifetime value, and how it is spread."""

from analysis.value.bridge import Standing, build_bridge, pool_small, start_from, tell_bridge
from analysis.value.build import build_value, expect_survival, value_customers
from analysis.value.by_group import headline, sum_by_group, sum_exactly, tell_channels, tell_groups
from analysis.value.concentration import draw_concentration, measure_gini, share_top
from analysis.value.contractual import sum_by_contract
from analysis.value.hindsight import tell_risk
from analysis.value.opinions import compare_opinions, tell_opinions
from analysis.value.payback import hide_few, pay_back, read_acquisition

__all__ = [
    "Standing",
    "build_bridge",
    "build_value",
    "compare_opinions",
    "draw_concentration",
    "expect_survival",
    "headline",
    "hide_few",
    "measure_gini",
    "pay_back",
    "pool_small",
    "read_acquisition",
    "share_top",
    "start_from",
    "sum_by_contract",
    "sum_by_group",
    "sum_exactly",
    "tell_bridge",
    "tell_channels",
    "tell_groups",
    "tell_opinions",
    "tell_risk",
    "value_customers",
]
