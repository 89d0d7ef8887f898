"""A customer's own past rate goes on: the floor under every model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Collapsed, Floats, Whole, collapse
from analysis.forecast.counts import Counts
from analysis.history import WEEK_DAYS


@dataclass(frozen=True)
class OwnRate:
    """Order days a week so far, with one week added so that a customer of today has a rate; nobody ever leaves."""

    name: str = "own past rate"

    def fit(self, snapshot: Snapshot) -> FittedOwnRate:
        """Nothing is estimated."""
        return FittedOwnRate(self.name, collapse(snapshot.statistics), snapshot.statistics.index)


OWN_RATE = OwnRate()


@dataclass(frozen=True)
class FittedOwnRate:
    """See `analysis.forecast.candidates.Fitted`."""

    name: str
    statistics: Collapsed
    index: pd.Index

    def apply(self, snapshot: Snapshot) -> FittedOwnRate:
        """The customers of another snapshot."""
        return FittedOwnRate(self.name, collapse(snapshot.statistics), snapshot.statistics.index)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`expected_orders` and `p_order` of a Poisson process."""
        mean = self._mean(horizon_days)[self.statistics.group]
        return pd.DataFrame({"expected_orders": mean, "p_order": -np.expm1(-mean)}, index=self.index)

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Poisson distributions, cut where less than 1e-10 is left."""
        from scipy.stats import poisson

        mean = self._mean(horizon_days)
        sizes = poisson.isf(1e-10, mean).astype(np.int64) + 1
        start = np.concatenate([[0], np.cumsum(sizes)])
        shaped = Counts(start, np.empty(start[-1]), np.exp(-mean))
        return Counts(start, poisson.pmf(shaped.number, mean[shaped.group]), shaped.none), self.statistics.group

    def p_active(self, z: float = 0.0) -> pd.DataFrame:
        """Everybody is taken to be active; nothing is known of the uncertainty, so the interval is 0 to 1."""
        ones = np.ones(len(self.index))
        return pd.DataFrame({"p_active": ones, "p_active_low": 0.0 * ones, "p_active_high": ones}, index=self.index)

    def _mean(self, horizon_days: float) -> Floats:
        return (self.statistics.x + 1) / (self.statistics.T + 1) * horizon_days / WEEK_DAYS
