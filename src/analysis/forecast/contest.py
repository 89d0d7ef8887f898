"""Contests between models, judged by what came after earlier dates: how a champion is chosen, and the record of it.

The score of a customer's forecast is its log score: of a Poisson count for orders, of a Poisson count for spend in units
of the mean order (an amount is no count, but the score is least biased for means of amounts, too, and weighs them by
their size), and of a yes or no for the chance of an order. Forecasts of orders and spend are brought to the total that
came before they are scored: the level is a part of its own. The best mean wins, unless a simpler contender is no more
than one standard error behind it, or so near that nobody would notice. The error is of the difference
between the two, over customers and over dates: both clusters at once, as of Cameron, Gelbach and Miller (2011, Journal
of Business & Economic Statistics 29, eq. 2.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats, Whole

Part = Literal["orders", "p_order", "spend"]
Step = Literal["model", "types", "correction"]
FAINT = 1e-9
COLUMNS = (
    "part",
    "step",
    "contender",
    "count_dates",
    "count_customers",
    "score",
    "behind",
    "standard_error",
    "is_best",
    "is_chosen",
    "reason",
)


@dataclass(frozen=True)
class Round:
    """One date of a contest: who was forecast, and each contender's scores of them.

    Attributes
    ----------
    as_of : int
        Day number.
    customer : array
        Their numbers, the same on every date.
    scores : mapping
        Contender -> log scores, one per customer; larger is better.
    """

    as_of: int
    customer: Whole
    scores: Mapping[str, Floats]


def score_counts(expected: Floats, actual: Floats) -> Floats:
    """Poisson log score of each, `expected` brought to the total of `actual`; what is the same for all contenders is left out."""
    mean = np.maximum(expected * (actual.sum() / max(expected.sum(), FAINT)), FAINT)
    return np.asarray(actual * np.log(mean) - mean, dtype=np.float64)


def score_chances(chance: Floats, happened: Floats) -> Floats:
    """Log score of each chance of what did or did not happen."""
    inside = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(np.where(happened > 0, np.log(inside), np.log1p(-inside)), dtype=np.float64)


def judge(
    part: Part,
    step: Step,
    rounds: Sequence[Round],
    contenders: Sequence[str],
    horizon_days: int,
    margin: float = 0.0,
    holder: str | None = None,
) -> pd.DataFrame:
    """Judge a contest.

    Parameters
    ----------
    rounds : sequence
        In order of dates. With none, the simplest contender stands, unjudged.
    contenders : sequence of str
        From the simplest to the one with most to learn.
    horizon_days : int
        Of each forecast: dates nearer to each other than that are not independent.
    margin : float
        Scores that differ by less are the same.
    holder : str, optional
        The contender in office, which stays if it is as good as the best but for one standard error or `margin`.

    Returns
    -------
    DataFrame
        One row per contender, in the order given: `part`, `step` (as given), `contender`, `count_dates`, `count_customers` (distinct),
        `score` (mean log score of a customer and date), `behind` (score of the best minus its own, 0 or more),
        `standard_error` (of `behind`), `is_best`, `is_chosen` (one row), and `reason`: `best` (chosen, and best),
        `simpler` (chosen: as good as the best but for one standard error or `margin`), `behind` (by more than
        that), `not_worth_it` (as good, or best itself, but a simpler one is as well), `unjudged` (no dates: the simplest
        stands), `not_reached` (no dates, another). Contests that are not held give their own reasons, see `stand`.
    """
    if not rounds:
        return stand(part, step, contenders, "unjudged")
    customer = np.concatenate([one.customer for one in rounds])
    dates = np.repeat(np.arange(len(rounds)), [len(one.customer) for one in rounds])
    span = max(one.as_of for one in rounds) - min(one.as_of for one in rounds)
    independent = min(float(len(rounds)), 1 + span / horizon_days)
    scores = {name: np.concatenate([one.scores[name] for one in rounds]) for name in contenders}
    best = max(contenders, key=lambda name: scores[name].mean())
    rows = []
    for name in contenders:
        gap = scores[best] - scores[name]
        counts = (len(rounds), len(np.unique(customer)))
        rows.append((part, step, name, *counts, scores[name].mean(), gap.mean(), _error(gap, customer, dates, independent)))
    return choose_row(pd.DataFrame(rows, columns=list(COLUMNS[:8])), margin, holder)


def judge_in_turn(
    part: Part, step: Step, rounds: Sequence[Round], contenders: Sequence[str], horizon_days: int, margin: float = 0.0
) -> pd.DataFrame:
    """Judge as `judge` does after every round, by all rounds until then: who is in office stays as long as it may.

    The first round elects; after each later one who is in office goes only when more than one standard error (and `margin`)
    behind the best. What an earlier date would have chosen is so found again from the rounds that were over by then: the
    choice depends on nothing but the rounds. `reason` is `stays` where a simpler one, or the best, would have been elected.
    """
    table, holder = judge(part, step, rounds[:1], contenders, horizon_days, margin), None
    for last in range(1, len(rounds) + 1):
        table = judge(part, step, rounds[:last], contenders, horizon_days, margin, holder)
        holder = chosen(table)
    return table


def choose_row(table: pd.DataFrame, margin: float = 0.0, holder: str | None = None) -> pd.DataFrame:
    """Add `is_best`, `is_chosen` and `reason` to rows from the simplest to the one with most to learn; `holder` stays if it may."""
    behind, error = table["behind"].to_numpy(), table["standard_error"].to_numpy()
    is_best = np.arange(len(table)) == int(np.argmax(table["score"].to_numpy()))
    is_close = (behind <= np.maximum(error, margin)) | is_best
    is_chosen = np.arange(len(table)) == int(np.argmax(is_close))
    reason = np.select([is_chosen & is_best, is_chosen, is_close], ["best", "simpler", "not_worth_it"], "behind")
    holds = (table["contender"] == holder).to_numpy() & is_close & ~is_chosen
    if holds.any():
        is_chosen, reason = holds, np.where(holds, np.where(is_best, "best", "stays"), np.where(is_close, "not_worth_it", "behind"))
    return table.assign(is_best=is_best, is_chosen=is_chosen, reason=reason)


def stand(part: Part, step: Step, contenders: Sequence[str], reason: str, other: str = "not_reached") -> pd.DataFrame:
    """The record of a contest that was not held: the first contender stands, for `reason`, the rest for `other`.

    Reasons: `unjudged`; `no_closed_dates`, `too_few_orders` (nothing to learn a correction from); `same_as_orders`
    (chances follow from the one model of orders); `too_slow` (left to the back-test of all models); `asked_for` (a model
    was given); `few_customers`, `few_repeat_customers` (an abstention: the own past rate stands, see `scoring.choose`).
    """
    size = len(contenders)
    first = np.arange(size) == 0
    nothing = np.full(size, np.nan)
    return pd.DataFrame(
        {
            "part": part,
            "step": step,
            "contender": list(contenders),
            "count_dates": 0,
            "count_customers": 0,
            "score": nothing,
            "behind": nothing,
            "standard_error": nothing,
            "is_best": False,
            "is_chosen": first,
            "reason": np.where(first, reason, other),
        }
    )


def chosen(table: pd.DataFrame) -> str:
    """The contender chosen in a contest."""
    return str(table.loc[table["is_chosen"], "contender"].iloc[0])


def _error(gap: Floats, customer: Whole, dates: Whole, independent: float) -> float:
    """Standard error of the mean of `gap`, clustered by customer and by date; never less than by customer alone.

    Horizons overlap: what dates add counts as that of as many dates as there are `independent` ones.
    """
    rest = gap - gap.mean()
    by_customer = float(np.square(np.bincount(pd.factorize(customer)[0], rest)).sum())
    sums = np.bincount(dates, rest)
    by_both = float(np.square(rest).sum())
    count = len(sums)
    # the variance of few dates is that of a sample, with a degree of freedom less; two dates say nothing of it
    by_date = float(np.square(sums).sum()) * count / (count - 1) if count > 2 else by_both
    return float(np.sqrt(by_customer + max(by_date - by_both, 0.0) * count / independent) / len(gap))
