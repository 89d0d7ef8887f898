"""Cox regression of spells whose covariates change while the silence lasts.

Every stage (after the first, the second, a later order) is a stratum with its own baseline. Within a spell two things
change: the window of silence (cut at the thirds of completed gaps), because what a customer's own rhythm tells of the next
order fades while they stay silent (the answer to failing Schoenfeld tests), and the season of the moment, as the
company's clock knows it (`forecast.clock`; left out where the data do not hold a year). Spells are cut where either
changes and fitted by lifelines' `CoxTimeVaryingFitter` with Efron's ties.

lifelines has neither clustered errors for changing covariates nor baselines by stratum; both are here: score residuals
summed by customer (Lin and Wei 1989, JASA 84), and Breslow's baseline. Beyond the silence that 50 spells have reached
nothing reliable was seen: there the hazard falls as 1 / t from the rate of the last stretch, as that of a mixture of
customers with constant rates does (Lomax 1954).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.forecast.candidates import Snapshot
from analysis.forecast.clock import FLAT, YEAR_MONTHS, Clock, fit_clock
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.own_rate import FittedOwnRate
from analysis.forecast.survival.fitted import FittedSpells, fit_spells
from analysis.forecast.survival.law import PACE_DAYS, cluster, log_hazard_within
from analysis.forecast.survival.spells import COVARIATES, SAME, Spells, is_clocked, order_days

WITHIN = (2, 3, 4)
"""Columns of `Spells.x` that vary within a stage: orders, gap, amount."""
GAP = 3
GAP_WINDOWS = ("log_gap_middle", "log_gap_late")
SEASON = "season"
LONG_DAYS = 730.0
"""A law without an end calls everybody active: `p_active` is then the chance of an order within two years."""
MIN_AT_RISK = 50
TAIL_SHARE = 0.25
"""Share of the time on record whose mean rate the extrapolation starts from."""
EVENT_TIMES = 150
RIDGE = 1e-4


@dataclass(frozen=True)
class Pieces:
    """Spells cut where a covariate changes: silence from `start` (exclusive) to `stop` (inclusive), one row per piece."""

    spell: Whole
    start: Floats
    stop: Floats
    event: NDArray[np.bool_]

    def split(self, at: Floats) -> Pieces:
        """Cut the pieces of every spell at the silence `at` of that spell, where it falls inside."""
        where = at[self.spell]
        inside = np.flatnonzero((self.start < where) & (where < self.stop))
        stop = self.stop.copy()
        stop[inside] = where[inside]
        event = self.event.copy()
        event[inside] = False
        return Pieces(
            np.concatenate([self.spell, self.spell[inside]]),
            np.concatenate([self.start, where[inside]]),
            np.concatenate([stop, self.stop[inside]]),
            np.concatenate([event, self.event[inside]]),
        )


@dataclass(frozen=True)
class Baseline:
    """Cumulative hazard of one stage by day of silence, with a tail that falls as 1 / t.

    Attributes
    ----------
    cumulative : array
        At the end of day 0, 1, ...
    tail : float
        Hazard x silence beyond the last of them.
    """

    cumulative: Floats
    tail: float

    def at(self, days: Floats) -> Floats:
        """Cumulative hazard at silences `days`."""
        last = len(self.cumulative) - 1
        known = np.interp(days, np.arange(last + 1), self.cumulative)
        return known + self.tail * np.log(np.maximum(days, last) / max(last, 1)) if last else known


@dataclass(frozen=True)
class CoxLaw:
    """A fitted model; see `law.Law`.

    Attributes
    ----------
    names : tuple of str
        Covariates of `theta`: `WITHIN`'s, the own gap in the middle and the late window of silence in addition, the season.
    theta, covariance : array
        Log hazard ratios and their covariance, clustered by customer.
    naive : array
        Standard errors that take spells as independent.
    cuts : tuple of float
        Days of silence at which the windows begin (exclusive).
    baselines : tuple of Baseline
        One per stage.
    clock : Clock
        Season.
    as_of : float
        Day number that season is counted from.
    """

    names: tuple[str, ...]
    theta: Floats
    covariance: Floats
    naive: Floats
    cuts: tuple[float, ...]
    baselines: tuple[Baseline, ...]
    clock: Clock
    as_of: float

    name: str = "Cox with changing covariates"

    def log_survival(self, x: Floats, stage: Whole, silence: Floats, ahead: Floats, begin: float = 0.0) -> Floats:
        """See `law.Law`."""
        return self._log_survival(self.theta, x, stage, silence, ahead, begin)

    def log_odds_active(self, x: Floats, stage: Whole, silence: Floats, theta: Floats) -> Floats:
        """Log odds of an order within `LONG_DAYS`."""
        none = self._log_survival(theta, x, stage, silence, np.array([LONG_DAYS]))[:, 0]
        return np.log(-np.expm1(np.minimum(none, -1e-12))) - none

    def on(self, as_of: float) -> CoxLaw:
        """The same law seen from another day: its season moves on."""
        return replace(self, as_of=as_of)

    def log_pace(self, x: Floats, stage: Whole) -> Floats:
        """See `law.Law`."""
        steady = replace(self, clock=FLAT)
        return log_hazard_within(steady.log_survival(x, stage, np.zeros(len(x)), np.array([PACE_DAYS])))

    def _log_survival(self, theta: Floats, x: Floats, stage: Whole, silence: Floats, ahead: Floats, begin: float = 0.0) -> Floats:
        """Add up hazard month by month and window by window, each at its own ratio."""
        beta = dict(zip(self.names, theta, strict=True))
        steady = x[:, WITHIN] @ np.array([beta.get(COVARIATES[i], 0.0) for i in WITHIN])
        extra = np.cumsum([0.0, *(beta.get(name, 0.0) for name in GAP_WINDOWS)])[: len(self.cuts) + 1]
        total = np.zeros((len(x), len(ahead)))
        edges = (0.0, *self.cuts, np.inf)
        points, season = self._months(float(ahead[-1]), begin)
        for low, high, log_season in zip(points[:-1], points[1:], season * beta.get(SEASON, 0.0), strict=True):
            active = np.flatnonzero(ahead > low)
            from_day, to_day = silence + low, silence[:, None] + np.minimum(ahead[active], high)
            for i, (inner, outer) in enumerate(pairwise(edges)):
                lower, upper = np.clip(from_day, inner, outer), np.clip(to_day, inner, outer)
                if not (upper > lower[:, None]).any():
                    continue
                ratio = np.exp(steady + extra[i] * x[:, GAP] + log_season)
                for one in np.unique(stage):
                    rows = np.flatnonzero(stage == one)
                    base = self.baselines[one]
                    gain = base.at(upper[rows]) - base.at(lower[rows])[:, None]
                    total[np.ix_(rows, active)] += ratio[rows, None] * gain
        return -total

    def _months(self, longest: float, begin: float) -> tuple[Floats, Floats]:
        """Days from `begin` at which a calendar month ends, and the log season of each stretch between."""
        if self.clock.is_flat or SEASON not in self.names:
            return np.array([0.0, longest]), np.zeros(1)
        ends, months = month_ends(self.as_of + begin + 1, self.as_of + begin + longest)
        points = np.concatenate([[0.0], ends - self.as_of - begin])
        points[-1] = max(longest, points[-2] + 1e-9)
        return points, np.log(self.clock.lengths(months))


@dataclass(frozen=True)
class CoxSpells:
    """The candidate; see `analysis.forecast.candidates.Candidate`.

    Attributes
    ----------
    max_customers, last_days : int
        It learns from about this many customers, watched over this many last days.
    season_doubt : float
        How far a season may differ from the last, see `fit_clock`.
    """

    name: str = "Cox with changing covariates"
    max_customers: int = 3000
    last_days: int = 730
    season_doubt: float = 1 / 3

    def fit(self, snapshot: Snapshot) -> FittedSpells | FittedOwnRate:
        """Fit by partial likelihood; the own past rate where `fit_spells` abstains."""
        days, end = order_days(snapshot)

        def learn(spells: Spells) -> CoxLaw:
            if is_clocked(days):
                return fit_cox(spells, FLAT, end)
            return fit_cox(spells, fit_clock(days, snapshot.as_of, self.season_doubt), end)

        return fit_spells(snapshot, self.name, self.max_customers, self.last_days, learn)


COX = CoxSpells()


def fit_cox(spells: Spells, clock: Clock, as_of: float) -> CoxLaw:
    """Fit the changing covariates of `spells` by lifelines; clustered errors and baselines from the same pieces."""
    from lifelines import CoxTimeVaryingFitter

    spells = replace(spells, duration=np.ceil(spells.duration), entry=np.floor(spells.entry))
    days = np.sort(spells.duration[spells.closed])
    cuts = tuple(float(cut) for cut in np.unique(np.quantile(days, (1 / 3, 2 / 3)).astype(int)) if cut > 0)
    pieces = cut_spells(spells, cuts, clock, as_of)
    names, values = _covariates(spells, pieces, cuts, clock)
    coarse = _coarsen(pieces, days)
    frame = pd.DataFrame(values, columns=list(names)).assign(
        start=coarse.start, stop=coarse.stop, event=coarse.event, stage=spells.stage[coarse.spell]
    )
    frame = frame[(coarse.stop > coarse.start)]
    fitter = CoxTimeVaryingFitter(penalizer=RIDGE).fit(frame, "event", "start", "stop", strata=["stage"])
    place = fitter.params_.index.get_indexer(list(names))
    theta, bread = fitter.params_.to_numpy()[place], fitter.variance_matrix_.to_numpy()[np.ix_(place, place)]
    stage = spells.stage[pieces.spell]
    rows = np.concatenate([np.flatnonzero(stage == one) for one in range(3)])
    residuals, baselines = np.empty_like(values), []
    for one in range(3):
        mine = np.flatnonzero(stage == one)
        residuals[mine] = score_residuals(values[mine], pieces.start[mine], pieces.stop[mine], pieces.event[mine], theta)
        baselines.append(_baseline(values[mine] @ theta, pieces.start[mine], pieces.stop[mine], pieces.event[mine]))
    covariance = cluster(bread, residuals[rows], spells.customer[pieces.spell[rows]])
    return CoxLaw(names, theta, covariance, np.sqrt(np.diag(bread)), cuts, tuple(baselines), clock, as_of)


def cut_spells(spells: Spells, cuts: tuple[float, ...], clock: Clock, as_of: float) -> Pieces:
    """Cut spells at the windows of silence and, where there is a season, at the ends of calendar months."""
    pieces = Pieces(np.arange(len(spells)), spells.entry, spells.duration, spells.closed)
    for cut in cuts:
        pieces = pieces.split(np.full(len(spells), cut))
    if not clock.is_flat:
        ends, _ = month_ends(float((spells.started + spells.entry).min()), as_of)
        for end in ends[:-1]:
            pieces = pieces.split(end - spells.started)
    return pieces


def month_ends(first_day: float, last_day: float) -> tuple[Floats, Whole]:
    """Day numbers of the ends of all calendar months from that of `first_day` to that of `last_day`, and their numbers since year 0."""
    bounds = np.array([np.floor(first_day), np.ceil(last_day)], dtype=np.int64).astype("datetime64[D]").astype("datetime64[M]")
    months = np.arange(bounds[0], bounds[1] + 1)
    ends = (months + 1).astype("datetime64[D]").astype(np.int64) - 1
    return ends.astype(np.float64), months.astype(np.int64) + 1970 * YEAR_MONTHS


def _covariates(spells: Spells, pieces: Pieces, cuts: tuple[float, ...], clock: Clock) -> tuple[tuple[str, ...], Floats]:
    """Names and values of what does not stay the same over all pieces, one row per piece."""
    own = spells.x[pieces.spell]
    columns = {COVARIATES[i]: own[:, i] for i in WITHIN}
    columns |= {name: np.where(pieces.start >= cut, own[:, GAP], 0.0) for name, cut in zip(GAP_WINDOWS, cuts, strict=False)}
    if not clock.is_flat:
        day = (spells.started[pieces.spell] + pieces.stop).astype(np.int64).astype("datetime64[D]")
        columns[SEASON] = np.log(clock.lengths(day.astype("datetime64[M]").astype(np.int64) + 1970 * YEAR_MONTHS))
    kept = {name: column for name, column in columns.items() if np.ptp(column) > SAME}
    return tuple(kept), np.column_stack(list(kept.values()))


def _coarsen(pieces: Pieces, event_days: Floats) -> Pieces:
    """Round silences up to at most `EVENT_TIMES` times: lifelines visits each time of an event once a step."""
    grid = np.unique(np.ceil(np.quantile(event_days, np.linspace(0, 1, EVENT_TIMES + 1)[1:], method="higher")))
    grid = np.append(grid, max(grid[-1], pieces.stop.max()) + 1)
    start, stop = (np.where(at > 0, grid[np.minimum(np.searchsorted(grid, at), len(grid) - 1)], 0.0) for at in (pieces.start, pieces.stop))
    # a piece that vanishes within one step keeps its event
    start = np.where(pieces.event & (stop <= start), np.append(0.0, grid)[np.searchsorted(grid, stop)], start)
    return Pieces(pieces.spell, start, stop, pieces.event)


def score_residuals(x: Floats, start: Floats, stop: Floats, event: NDArray[np.bool_], beta: Floats) -> Floats:
    """Score of every piece of one stratum in a Cox model (Breslow's ties), whose sum over pieces is the gradient.

    Piece i with event at t: x_i - mean(t); and for every event time it was at risk: - (x_i - mean) exp(x_i beta) dH.
    """
    weight = np.exp(x @ beta)
    times = np.unique(stop[event])
    if not len(times):
        return np.zeros_like(x)
    count = np.bincount(np.searchsorted(times, stop[event]), minlength=len(times)).astype(np.float64)
    columns = np.column_stack([weight, weight[:, None] * x])
    at_risk = _at_risk(columns, start, stop, times)
    mean = at_risk[:, 1:] / at_risk[:, :1]
    hazard = count / at_risk[:, 0]
    cumulative = np.concatenate([[0.0], np.cumsum(hazard)])
    moved = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(mean * hazard[:, None], axis=0)])
    after, until = (np.searchsorted(times, at, side="right") for at in (start, stop))
    result = weight[:, None] * (moved[until] - moved[after] - x * (cumulative[until] - cumulative[after])[:, None])
    result[event] += x[event] - mean[np.searchsorted(times, stop[event])]
    return np.asarray(result, dtype=np.float64)


def _at_risk(columns: Floats, start: Floats, stop: Floats, times: Floats) -> Floats:
    """Sums of `columns` over the pieces with start < t <= stop, one row per time t."""

    def below(at: Floats, side: str) -> Floats:
        order = np.argsort(at, kind="stable")
        sums = np.concatenate([np.zeros((1, columns.shape[1])), np.cumsum(columns[order], axis=0)])
        return sums[np.searchsorted(at[order], times, side="left")]

    return below(start, "left") - below(stop, "left")


def _baseline(log_ratio: Floats, start: Floats, stop: Floats, event: NDArray[np.bool_]) -> Baseline:
    """Breslow's cumulative hazard by day, up to the silence that `MIN_AT_RISK` spells reached, with its tail."""
    if not event.any():
        return Baseline(np.zeros(1), 0.0)
    every = np.arange(1.0, stop.max() + 1)
    sums = _at_risk(np.column_stack([np.exp(log_ratio), np.ones(len(start))]), start, stop, every)
    count = np.bincount(stop[event].astype(np.int64), minlength=len(every) + 1)[1 : len(every) + 1]
    hazard = np.where(sums[:, 1] > 0.5, count / np.maximum(sums[:, 0], 1e-12), 0.0)
    thin = np.flatnonzero(sums[:, 1] < MIN_AT_RISK)
    last = max(int(thin[0]) if len(thin) else len(every), 1)
    cumulative = np.concatenate([[0.0], np.cumsum(hazard[:last])])
    begin = int(last * (1 - TAIL_SHARE))
    rate = (cumulative[last] - cumulative[begin]) / max(last - begin, 1)
    return Baseline(cumulative, float(rate * (last + begin) / 2))
