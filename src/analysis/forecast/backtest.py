"""Forecasts of earlier dates, made with what was known then, against what happened since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from analysis.forecast.bootstrap import Resampled, sample_customers
from analysis.forecast.candidates import Candidate, Snapshot
from analysis.forecast.champion import fit
from analysis.forecast.gamma_gamma import FittedSpend
from analysis.forecast.measures import measure_chance, measure_interval, measure_orders, measure_spend
from analysis.forecast.scorer import Scorer
from analysis.forecast.scoring import CANDIDATES, COVARIATE_CANDIDATES, SURVIVAL_CANDIDATES, fit_amounts, fit_snapshot, named
from analysis.forecast.strata import COLUMN
from analysis.history import outcomes
from analysis.params import ForecastParams
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.ledger import Ledger

CHAMPION = "champion"
"""The model that scores, among the candidates of a back-test; differences are to it."""


PLAIN = "MBG/NBD"
"""What the champion is compared with at other horizons: the simplest of its models."""


class Keeper(Protocol):
    """Where what was made from the orders known on a day is kept; see `analysis.memo.Memo`."""

    def model(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` returns, or returned before."""


@dataclass(frozen=True)
class Grade:
    """One model's forecast of one date, graded.

    Attributes
    ----------
    point : dict
        As `grade` returns it.
    samples : DataFrame
        One row a sample of customers, one column a measure: how far the sample's measure is from the samples' mean.
    """

    point: dict[str, float]
    samples: pd.DataFrame


@dataclass(frozen=True)
class Backtest:
    """Candidates and the champion on earlier dates.

    Attributes
    ----------
    table : DataFrame
        One row per date and model, as `backtest` returns it.
    samples : dict
        (as_of, model) -> samples of `Grade`.
    params : ForecastParams
        What it was made by.
    grades : dict
        Level of intervals -> all measures of all models, once they were asked for; see `listing.list_grades`.
    """

    table: pd.DataFrame
    samples: dict[tuple[date, str], pd.DataFrame]
    params: ForecastParams
    grades: dict[float, pd.DataFrame | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def dates(self) -> list[date]:
        """Graded dates, oldest first."""
        return sorted({day for day, _ in self.samples})

    @property
    def models(self) -> list[str]:
        """The champion, then the candidates from the simplest on."""
        return list(dict.fromkeys(model for _, model in self.samples))


@dataclass
class Replays:
    """What any model would have forecast on any earlier day, and what happened: made once, kept by content.

    Parameters
    ----------
    ledger : Ledger
        All dates.
    params : ForecastParams
        For all forecasts.
    keep : callable, optional
        From a day to where that is kept which follows from the orders known at its end; by default nothing is kept.
    champion : callable, optional
        The fitted champion of a day; by default it is fitted here.
    """

    ledger: Ledger
    params: ForecastParams
    keep: Callable[[date], Keeper] | None = None
    champion: Callable[[date], Scorer] | None = None
    _last: dict[tuple, Any] = field(default_factory=dict, repr=False)

    def forecast(self, as_of: date, model: str = CHAMPION, horizon_days: int | None = None) -> pd.DataFrame:
        """Forecast of the `horizon_days` (default: the parameter) after `as_of`, by what was known at its end.

        Returns
        -------
        DataFrame
            One row per customer with an order by `as_of`, indexed by `customer_id`: `p_order`, `expected_orders`,
            `expected_spend`, `spend_low`, `spend_high`. `attrs["totals"]` holds the company's totals with their interval.
        """
        days = horizon_days or self.params.horizon_days

        def make() -> pd.DataFrame:
            scorer = self._fit(as_of, model)
            table = pd.concat([scorer.predict(days), scorer.interval(days, self.params.interval)], axis=1)
            table = table[["p_order", "expected_orders", "expected_spend", "spend_low", "spend_high"]].rename_axis("customer_id")
            table.attrs["totals"] = scorer.totals(days)
            return table

        # of the others their grades are kept, which are small
        return self._kept(as_of, f"forecast-{model}-{days}", make) if model == CHAMPION else make()

    def compare(self, as_of: date, model: str = CHAMPION, horizon_days: int | None = None) -> pd.DataFrame:
        """The same beside what happened: see `compare`; the horizon must be over within the data."""
        days = horizon_days or self.params.horizon_days
        table = self.forecast(as_of, model, days)
        return compare(table, self._outcomes(as_of, days, table.index))

    def happened(self, as_of: date, horizon_days: int, index: pd.Index) -> pd.DataFrame:
        """Outcomes of the customers `index`; refused where the horizon is not over within the data."""
        end = as_of + timedelta(days=horizon_days)
        if end > self.ledger.covered_until:
            raise ValueError(f"the data end on {self.ledger.covered_until}, before the horizon of {as_of} does ({end})")
        return outcomes(self.ledger, as_of, horizon_days, index)

    def grade(self, as_of: date, model: str = CHAMPION) -> Grade | None:
        """Grade a model's forecast for the parameters' horizon, with the grades of resampled customers; None before the first one."""
        days = self.params.horizon_days

        def make() -> Grade | None:
            if self.snapshot(as_of)[0].statistics.empty:
                return None
            forecast = self.forecast(as_of, model, days)
            point = grade(compare(forecast, self._outcomes(as_of, days, forecast.index)))
            samples = pd.DataFrame(self._samples(as_of, days, forecast.index).grade(forecast.iloc[sample_customers(forecast.index)]))
            # noise makes a mean of distances larger: only the spread of the samples counts
            return Grade(point, samples - samples.mean())

        return self._kept(as_of + timedelta(days=days), f"grade-{_file_name(model)}-{days}", make)

    def backtest(self, dates: Sequence[date], models: Sequence[str] | None = None) -> Backtest:
        """Grade `models` on `dates`, oldest first; by default those of `models_on`."""
        rows, samples = [], {}
        for as_of in dates:
            for model in models or self.models_on(as_of, dates):
                one = self.grade(as_of, model)
                if one is None:
                    break
                rows.append({"as_of": pd.Timestamp(as_of), "horizon_days": self.params.horizon_days, "model": model} | one.point)
                samples[as_of, model] = one.samples
        return Backtest(pd.DataFrame(rows), samples, self.params)

    def models_on(self, as_of: date, dates: Sequence[date]) -> list[str]:
        """The champion and the candidates that are graded on one of `dates`.

        Survival models take a second a fit, and a model with a covariate as long as all its levels: they are graded on the
        last `slow_dates` (a parameter) of them only.
        """
        typed = COVARIATE_CANDIDATES if self.ledger.has("customers", COLUMN) else ()
        slow = (*typed, *SURVIVAL_CANDIDATES) if as_of in list(dates)[-self.params.slow_dates :] else ()
        return [CHAMPION, *CANDIDATES, *slow]

    def point(self, as_of: date, model: str, horizon_days: int) -> dict[str, float] | None:
        """Grade a model's forecast for any horizon, without samples; None before the first customer."""

        def make() -> dict[str, float] | None:
            if self.snapshot(as_of)[0].statistics.empty:
                return None
            return grade(self.compare(as_of, model, horizon_days))

        return self._kept(as_of + timedelta(days=horizon_days), f"point-{_file_name(model)}-{horizon_days}", make)

    def points(self, dates: Sequence[date], horizons: Sequence[int], until: date) -> pd.DataFrame:
        """Grades of the champion and of `PLAIN` for horizons other than the forecast's own, on those of `dates` where they were over.

        Returns
        -------
        DataFrame
            One row per horizon, date and model: `horizon_days`, `as_of`, `model` and what `grade` returns; horizons that
            end after `until` are left out.
        """
        rows = []
        for days in horizons:
            for as_of in dates:
                for model in (CHAMPION, PLAIN) if as_of + timedelta(days=days) <= until else ():
                    one = self.point(as_of, model, days)
                    if one is not None:
                        rows.append({"horizon_days": days, "as_of": pd.Timestamp(as_of), "model": model} | one)
        return pd.DataFrame(rows)

    def snapshot(self, as_of: date) -> tuple[Snapshot, FittedSpend]:
        """What was known on a day, and the model of amounts fitted to it; the last day asked for is remembered."""
        key = ("snapshot", as_of)
        if key not in self._last:
            snapshot = Snapshot.of(self.ledger, as_of)
            self._remember(key, (snapshot, fit_amounts(snapshot.statistics)))
        return self._last[key]

    def _samples(self, as_of: date, horizon_days: int, index: pd.Index) -> Resampled:
        """Samples of a date's customers; the last ones are remembered: all models share them."""
        key = ("samples", as_of, horizon_days, len(index))
        if key not in self._last:
            happened = self._outcomes(as_of, horizon_days, index).iloc[sample_customers(index)]
            self._remember(key, Resampled.of(happened, self.params.bootstrap, self.params.seed))
        return self._last[key]

    def _outcomes(self, as_of: date, horizon_days: int, index: pd.Index) -> pd.DataFrame:
        key = ("outcomes", as_of, horizon_days, len(index))
        if key not in self._last or not self._last[key].index.equals(index):
            self._remember(key, self.happened(as_of, horizon_days, index))
        return self._last[key]

    def _remember(self, key: tuple, value: Any) -> None:
        """Keep what a date's models share; what was kept of an earlier date goes."""
        self._last = {known: held for known, held in self._last.items() if known[1] == key[1]} | {key: value}

    def _fit(self, as_of: date, model: str) -> Scorer:
        if model == CHAMPION:
            return self.champion(as_of) if self.champion else fit(self.snapshot(as_of)[0], self.params)
        snapshot, spend = self.snapshot(as_of)
        return fit_snapshot(snapshot, self.params, named([model])[0], spend)

    def _kept(self, day: date, name: str, make: Callable[[], Any]) -> Any:
        return self.keep(day).model(name, make) if self.keep else make()


def closed_dates(as_of: date, horizon_days: int, count: int, first_on: date | None = None) -> list[date]:
    """Return the last `count` month ends whose horizon was over by `as_of` (inclusive), oldest first.

    Parameters
    ----------
    first_on : date, optional
        First day of the data: month ends with less than a horizon of history before them are left out.
    """
    last = Period.last_covered(as_of - timedelta(days=horizon_days))
    ends = [last.shift(-back).as_of for back in range(count - 1, -1, -1)]
    return [end for end in ends if first_on is None or end - timedelta(days=horizon_days) >= first_on]


def replay(ledger: Ledger, as_of: date, horizon_days: int, params: ForecastParams, model: str = CHAMPION) -> pd.DataFrame:
    """Forecast on `as_of` with what was known then, beside what happened in the horizon: see `compare`."""
    return Replays(ledger, params).compare(as_of, model, horizon_days)


def compare(forecast: pd.DataFrame, happened: pd.DataFrame) -> pd.DataFrame:
    """A forecast beside its outcome.

    Parameters
    ----------
    forecast : DataFrame
        As `Replays.forecast` returns it.
    happened : DataFrame
        As `history.outcomes` returns it, of the same customers.

    Returns
    -------
    DataFrame
        Both side by side, and `has_ordered`; `attrs["totals"]` is that of the forecast.
    """
    table = pd.concat([forecast, happened], axis=1)
    table = table.assign(has_ordered=table["count_order_days"] > 0)
    table.attrs["totals"] = forecast.attrs.get("totals")
    return table


def backtest(
    ledger: Ledger,
    as_of_dates: Sequence[date],
    horizon_days: int,
    params: ForecastParams,
    candidates: Sequence[Candidate] | None = None,
) -> pd.DataFrame:
    """Grade candidates on earlier dates: each refitted with what was known then, outcomes as known at the horizon's end.

    Parameters
    ----------
    as_of_dates : sequence of date
        Each with its whole horizon inside the data, see `closed_dates`; the caller keeps them before its own `as_of`.
    candidates : sequence, optional
        By default the champion and all known ones.

    Returns
    -------
    DataFrame
        One row per date and candidate, of dates that had customers: `as_of`, `horizon_days`, `model`, `count_customers`, the measures of
        `analysis.forecast.measures`, and for orders and spend the company's total: `*_expected`, `*_low`, `*_high`
        (80 %), `*_actual`.
    """
    replays = Replays(ledger, params.model_copy(update={"horizon_days": horizon_days}))
    models = [CHAMPION, *CANDIDATES] if candidates is None else [candidate.name for candidate in candidates]
    rows = []
    for as_of in as_of_dates:
        # also a date without customers must not look past the data
        replays.happened(as_of, horizon_days, pd.Index([], dtype=object, name="customer_id"))
        if replays.snapshot(as_of)[0].statistics.empty:
            continue
        for model in models:
            rows.append({"as_of": pd.Timestamp(as_of), "horizon_days": horizon_days, "model": model} | grade(replays.compare(as_of, model)))
    return pd.DataFrame(rows)


def grade(table: pd.DataFrame) -> dict[str, float]:
    """Grade a forecast beside its outcome (see `compare`): `count_customers`, all measures, and the company's totals."""
    orders, spend = np.asarray(table["count_order_days"], dtype=float), np.asarray(table["spend"], dtype=float)
    row: dict[str, float] = {"count_customers": len(table)}
    row |= measure_orders(table["expected_orders"].to_numpy(), orders)
    row |= measure_spend(table["expected_spend"].to_numpy(), spend)
    row |= measure_chance(table["p_order"].to_numpy(), (orders > 0).astype(float))
    row |= measure_interval(table["spend_low"].to_numpy(), table["spend_high"].to_numpy(), spend)
    for name, actual in {"orders": orders, "spend": spend}.items():
        total = table.attrs["totals"].set_index("total").loc[name]
        row |= {f"{name}_{column}": float(total[column]) for column in ("expected", "low", "high")} | {
            f"{name}_actual": float(actual.sum())
        }
    return row


def _file_name(model: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in model)
