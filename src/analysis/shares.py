"""What the chapters of a month share, in pieces that may be done side by side before them; `analysis.run` names the order.

Each piece leaves in the memo what the chapters then find there. On a source without orders there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.month import Month

GRADED = "back-test "


def work(root: Path, source: str, period: str, name: str) -> None:
    """Do the share called `name`, of `SHARES` or one of the back-test's dates: ``back-test 1`` is the newest."""
    from analysis.month import open_month

    month = open_month(source, period, root)
    if month.ledger.is_contractual or not len(month.past.ids):
        return
    if name.startswith(GRADED):
        grade(month, int(name.removeprefix(GRADED)))
    else:
        SHARES[name](month)


def grade(month: Month, back: int) -> None:
    """All models on the back-test's date number `back`, counted from the newest, which is 1."""
    dates = month.backtest_dates[::-1]
    if back <= len(dates):
        month.grade_models(dates[back - 1])


def make_tables(month: Month) -> None:
    """The tables that every chapter reads."""
    for name in ("customers", "spells"):
        month.read(name)


def hold_base(month: Month) -> None:
    """Cut-offs and clusters of the base month, by which this month's customers are classed."""
    for name in ("cutoffs", "class_cutoffs", "clusters"):
        getattr(month, name)


def fit_champion(month: Month) -> None:
    """The model that scores this month's customers, and their scores."""
    _ = month.forecast  # does not need the tables, which another share makes meanwhile
    month.read("scores")


def fit_last_champion(month: Month) -> None:
    """The model of a month ago, from which the bridge of value starts, and what it forecast."""
    month.replayed(month.previous.as_of)


def replay_warnings(month: Month) -> None:
    """The watch lists of this and the last months."""
    _ = month.watch


SHARES: dict[str, Callable[[Month], None]] = {
    "tables": make_tables,
    "base month": hold_base,
    "champion": fit_champion,
    "last champion": fit_last_champion,
    "watch lists": replay_warnings,
}
