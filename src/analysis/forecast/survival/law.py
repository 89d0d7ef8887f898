"""What a fitted law of spells must answer, and errors clustered by customer."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.survival.spells import Spells

MIN_RETURNS = 100
"""Fewer completed spells than this carry no regression: the candidate abstains to the own past rate."""
PACE_DAYS = 91.0
FIRST_LOOK = 4
"""Families of laws compete on the spells of every fourth customer."""


class Law(Protocol):
    """How long spells last, given what was known when they began."""

    @property
    def name(self) -> str:
        """As printed."""

    @property
    def theta(self) -> Floats:
        """Parameters."""

    @property
    def covariance(self) -> Floats:
        """Of `theta`, clustered by customer."""

    def log_survival(self, x: Floats, stage: Whole, silence: Floats, ahead: Floats, begin: float = 0.0) -> Floats:
        """Log of the chance of another `ahead` days without an order, given `silence` days without one.

        Parameters
        ----------
        x, stage, silence : array
            One row per spell: covariates (`spells.COVARIATES`), stage, days since it began.
        ahead : array
            Days counted from `begin` days after `as_of`, ascending.

        Returns
        -------
        array
            One row per spell, one column per entry of `ahead`.
        """

    def log_odds_active(self, x: Floats, stage: Whole, silence: Floats, theta: Floats) -> Floats:
        """Log odds of ever ordering again, under other parameters."""

    def on(self, as_of: float) -> Law:
        """The same law seen from another day (day number): its season moves on."""

    def log_pace(self, x: Floats, stage: Whole) -> Floats:
        """Log of the hazard that a fresh spell adds up within `PACE_DAYS`, whatever the season."""


def log_hazard_within(log_survival: Floats) -> Floats:
    """Log of the cumulative hazard, from one column of log survival."""
    return np.log(np.maximum(-log_survival[:, 0], 1e-9))


def failures() -> tuple[type[Exception], ...]:
    """What lifelines raises, or warns of where warnings are errors, when a fit found no optimum to trust."""
    from lifelines.exceptions import ApproximationWarning, ConvergenceError, ConvergenceWarning, StatisticalWarning

    return ConvergenceError, ApproximationWarning, ConvergenceWarning, StatisticalWarning


def first_look(spells: Spells) -> Spells:
    """The part of `spells` on which families compete, by customer; all of them where the part would have too few completed ones."""
    part = spells.take(spells.customer % FIRST_LOOK == 0)
    return part if part.closed.sum() >= MIN_RETURNS else spells


def read_fit(params: pd.Series, variance: pd.DataFrame, labels: list[tuple[str, str]]) -> tuple[Floats, Floats]:
    """Coefficients `labels` of a lifelines regression and their covariance; 0 for those that it was not given."""
    place = params.index.get_indexer(pd.MultiIndex.from_tuples(labels))
    found = place >= 0
    theta, bread = np.zeros(len(labels)), np.zeros((len(labels), len(labels)))
    theta[found] = params.to_numpy()[place[found]]
    bread[np.ix_(found, found)] = variance.to_numpy()[np.ix_(place[found], place[found])]
    return theta, bread


def cluster(bread: Floats, rows: Floats, customer: Whole) -> Floats:
    """Covariance of estimates whose rows of one customer belong together (Lin and Wei 1989; sandwich).

    Parameters
    ----------
    bread : array
        Inverse information.
    rows : array
        Score of every row, one column per parameter.
    customer : array
        Code of each row's customer.
    """
    _, code = np.unique(customer, return_inverse=True)
    summed = np.column_stack([np.bincount(code, column) for column in rows.T])
    return np.asarray(bread @ (summed.T @ summed) @ bread, dtype=np.float64)
