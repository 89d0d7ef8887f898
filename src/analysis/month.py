"""One month of one source, as a notebook holds it: the ledger as of its last day, the parameters, and the month's tables.

Every derived table is a pure function of (clean ledger, as_of, parameters). A notebook that opens alone in JupyterLab
therefore finds each table: it reads the one that was made from the same ledger, parameters and code, and makes it
otherwise.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import forecast as forecasting
from analysis import stages
from analysis.archive import newest_in_time, read_usable
from analysis.churn import rate_lapses_by_month, write_list
from analysis.churn.contract_check import Check, check_ends
from analysis.churn.contract_model import EndModel, fit_ends
from analysis.churn.contract_table import build_contract_churn, horizon_months
from analysis.churn.groups import add_groups, label_cohorts, tidy_levels
from analysis.churn.lapse import hold_limits
from analysis.churn.replay import replay_signs
from analysis.churn.watch import Watch, replay_watch
from analysis.codes import Codebook, codebook, read_codebook
from analysis.codes.entered import read_entered
from analysis.codes.needs import read_needs
from analysis.contracts import Missing
from analysis.contracts.check import check
from analysis.forecast.backtest import CHAMPION, Backtest, Replays, closed_dates
from analysis.forecast.candidates import Snapshot
from analysis.forecast.issued import Closed, collect_closed, describe_totals
from analysis.forecast.scorer import Scorer
from analysis.history.activity import read_activity
from analysis.history.balances import build_balances
from analysis.history.contracts import build_contracts
from analysis.history.margins import build_margins
from analysis.history.past import EPOCH, Past, read_past
from analysis.history.traits import build_traits, read_voices
from analysis.ledger import Ledger
from analysis.ledger.config import CONFIG, SourceConfig, load_config
from analysis.memo import Memo
from analysis.params import Params
from analysis.period import Period, PeriodError
from analysis.segments import Cutoffs, base_period, build_segments, fit_cutoffs
from analysis.segments.cluster_features import describe_buyers
from analysis.segments.clusters import Clusters, fit_clusters
from analysis.segments.flips import estimate_flips
from analysis.segments.replay import ClassHistory, replay_classes
from analysis.segments.rfm import assign_at_start
from analysis.segments.schemes import ClassCutoffs, fit_class_cutoffs, gather
from analysis.segments.schemes.kind import load_patterns
from analysis.segments.steps import step_cutoffs
from analysis.value import value_customers
from analysis.value.bridge import Remark, start_from, tell_bridge
from analysis.value.build import Value
from analysis.value.clv import expect_equity
from analysis.value.contractual import value_contracts
from analysis.value.margin import find_margin

if TYPE_CHECKING:
    from analysis.metrics import Metric

FORECASTS = ".forecasts"
KEPT_DAYS = 120
"""Days whose forecasts stay on disk: back-tests of ten years of months."""


def project_root() -> Path:
    """The checkout that holds ``data/`` and ``notebooks/``: `ANALYSIS_ROOT` if set, else where this package lives."""
    return Path(os.environ.get("ANALYSIS_ROOT") or Path(__file__).resolve().parents[2])


def open_month(source: str, period: str, root: Path | None = None) -> Month:
    """The month of a source.

    Raises
    ------
    PeriodError
        The period is not written YYYY-MM, or the data do not cover it to its last day.
    LedgerError
        The source has no clean ledger yet.
    """
    folder = (root or project_root()) / "data" / source
    month = Month(folder, Period.parse(period))
    last = Period.last_covered(month.ledger.covered_until)
    if month.period > last:
        end = month.ledger.covered_until
        raise PeriodError(f"{source}: the data end on {end}, so {period} is not covered to its last day; the last whole month is {last}")
    return month


class Month:
    """A source as of the last day of a month.

    Parameters
    ----------
    folder : Path
        ``data/<source>``.
    period : Period
        The reporting month.
    """

    def __init__(self, folder: Path, period: Period):
        self.folder, self.period = Path(folder), period
        self._tables: dict[str, pd.DataFrame] = {}

    @property
    def source(self) -> str:
        """The source's folder name."""
        return self.folder.name

    @property
    def as_of(self) -> date:
        """Last day of the month, inclusive."""
        return self.period.as_of

    @cached_property
    def ledger(self) -> Ledger:
        """The clean ledger, all dates; its methods take `as_of`."""
        return Ledger(self.folder / "clean")

    @cached_property
    def config(self) -> SourceConfig:
        """What ``ledger.toml`` says."""
        return load_config(self.folder)

    @cached_property
    def params(self) -> Params:
        """The analytical choices, with the source's own on top."""
        return self.config.load_params()

    @property
    def derived(self) -> Path:
        """``data/<source>/derived/<period>``."""
        return self.folder / "derived" / str(self.period)

    def at(self, period: Period) -> Month:
        """Another month of the same source, sharing the open ledger."""
        other = Month(self.folder, period)
        for shared in ("ledger", "config", "params", "memo", "_forecasts"):
            other.__dict__[shared] = getattr(self, shared)
        return other

    @cached_property
    def previous(self) -> Month:
        """Last month."""
        return self.at(self.period.previous)

    @cached_property
    def has_orders(self) -> bool:
        """Whether any customer has an order by the end of the month."""
        return bool(len(self.past.days(self.as_of).day))

    @cached_property
    def base(self) -> Month:
        """The month whose customers set the cut-offs of segments, tiers and stages."""
        return self.at(base_period(self.period, self.read("customers")["first_order_on"], self.params))

    @cached_property
    def cutoffs(self) -> Cutoffs:
        """Cut-offs of the base month, held until a person re-bases them."""
        return self.base.fitted_cutoffs

    @cached_property
    def fitted_cutoffs(self) -> Cutoffs:
        """Cut-offs fitted to this month's customers."""

        def make() -> dict[str, Any]:
            return fit_cutoffs(self.read("customers"), self.read("spells"), self.params, self.period).as_dict()

        return Cutoffs.from_dict(self.memo.values(f"{self.period}/cutoffs", make))

    @cached_property
    def clusters(self) -> Clusters:
        """Clusters of the base month's buyers, held until a person re-bases them; see `stages.name_clusters`."""
        return Clusters.from_dict(self.memo.values(f"{self.base.period}/clusters", lambda: stages.name_clusters(self.base).as_dict()))

    @cached_property
    def fitted_clusters(self) -> Clusters:
        """Clusters of this month's buyers, with names of their own."""

        def make() -> dict[str, Any]:
            return fit_clusters(self.read("customers"), self.read("spells"), self.params.clusters, str(self.period)).as_dict()

        return Clusters.from_dict(self.memo.values(f"{self.period}/fitted_clusters", make))

    @cached_property
    def behaviour(self) -> pd.DataFrame:
        """What clusters tell this month's buyers apart by, see `segments.cluster_features.describe_buyers`."""
        return describe_buyers(self.read("customers"), self.read("spells"))

    def segment(self, cutoffs: Cutoffs) -> pd.DataFrame:
        """Class this month's customers by `cutoffs` (last month's tell what a moved cut-off alone did)."""
        return build_segments(self.read("customers"), self.read("spells"), self.as_of, self.params, cutoffs)

    @cached_property
    def class_history(self) -> ClassHistory:
        """Classes of all buyers at the end of this and the last months, by this month's cut-offs."""
        chosen = self.params.movement
        first = Period.of(self.first_on) if self.has_orders else self.period
        months = [self.period.shift(-back) for back in range(chosen.transitions + chosen.horizon_months + chosen.graded_months - 1, -1, -1)]
        ends = [month.as_of for month in months if month >= first]
        return replay_classes(self.past, read_activity(self.ledger, ends), ends, self.cutoffs, self.params)

    @cached_property
    def flips(self) -> pd.DataFrame:
        """How likely each buyer is to be in another class by cut-offs of other customers, see `segments.flips.estimate_flips`."""

        def make() -> pd.DataFrame:
            base = self.base
            frames = (self.read("customers"), self.read("spells"), base.read("customers"), base.read("spells"))
            return estimate_flips(*frames, self.cutoffs, self.params)

        return self.memo.table(f"{self.period}/flips", make)

    def step_cutoffs(self) -> pd.DataFrame:
        """Who would change class if one cut-off lay one step off, see `segments.steps.step_cutoffs`."""
        base = self.base
        frames = (self.read("customers"), self.read("spells"), base.read("customers"), base.read("spells"))
        return step_cutoffs(*frames, self.cutoffs, self.params)

    @cached_property
    def traits(self) -> pd.DataFrame:
        """What customers are and say beyond their orders' totals, see `history.traits.build_traits`."""
        return self.memo.table(f"{self.period}/traits", lambda: build_traits(self.ledger, self.as_of, load_patterns()))

    @cached_property
    def voices(self) -> pd.DataFrame:
        """What customers asked for and spoke of, see `history.traits.read_voices`."""
        return read_voices(self.ledger, self.as_of, self.params.churn.low_answer)

    @cached_property
    def facts(self) -> pd.DataFrame:
        """The facts that all classes are made from, see `segments.schemes.gather`."""
        return gather(self.read("customers"), self.traits, self.margins, self.as_of, self.params, self.read("segments"), self.cutoffs)

    @cached_property
    def class_cutoffs(self) -> ClassCutoffs:
        """Cut-offs of the classes, as of the base month and held until a person re-bases them."""
        base = self.base

        def make() -> dict[str, Any]:
            facts = gather(base.read("customers"), base.traits, base.margins, base.as_of, self.params)
            return fit_class_cutoffs(facts, base.read("spells"), self.params, str(base.period)).as_dict()

        return ClassCutoffs.from_dict(self.memo.values(f"{base.period}/class_cutoffs", make))

    @cached_property
    def forecast(self) -> Scorer:
        """The fitted champion that scores this month's customers."""

        def fit() -> Scorer:
            return forecasting.fit(Snapshot.show(self.past, self.ledger), self.params.forecast)

        return self.memo_of(self.as_of).model("champion", fit)

    @cached_property
    def past(self) -> Past:
        """All sales and cancellations known by the end of the month."""
        return read_past(self.ledger, self.as_of)

    def memo_of(self, day: date) -> Memo:
        """What was made from the orders known at the end of `day` (not after `as_of`), in whatever month or run."""
        part = self._forecasts.under(self.past.digest(day))
        if not part.is_begun:
            self._forecasts.keep_newest(KEPT_DAYS - 1)
        return part

    def replayed(self, as_of: date, model: str = CHAMPION, horizon_days: int | None = None) -> pd.DataFrame:
        """What `model` would have forecast on `as_of` by what was known at its end; see `forecast.backtest.Replays.forecast`."""
        return self.replays.forecast(as_of, model, horizon_days)

    @cached_property
    def replays(self) -> Replays:
        """Forecasts of any day up to `as_of`, each made once for all months and runs."""
        memo_of = cache(self.memo_of)

        def champion(day: date) -> Scorer:
            return memo_of(day).model("champion", lambda: forecasting.fit(self.replays.snapshot(day)[0], self.params.forecast))

        return Replays(self.ledger, self.params.forecast, memo_of, champion)

    @cached_property
    def backtest(self) -> Backtest:
        """The champion and all candidates on the last month ends whose horizon is over."""
        return self.replays.backtest(self.backtest_dates)

    @cached_property
    def backtest_dates(self) -> list[date]:
        """The last month ends whose horizon is over, oldest first."""
        params = self.params.forecast
        return closed_dates(self.as_of, params.horizon_days, params.backtest_dates, self.first_on) if self.has_orders else []

    def grade_models(self, day: date) -> None:
        """Grade the champion and all candidates on one of the back-test's dates; `backtest` finds it done."""
        for model in self.replays.models_on(day, self.backtest_dates):
            self.replays.grade(day, model)
        self.replays.points([day], self.params.forecast.other_horizons, self.as_of)

    @cached_property
    def horizons(self) -> pd.DataFrame:
        """Grades at other horizons on the back-test's dates; see `forecast.backtest.Replays.points`."""
        return self.replays.points(self.backtest_dates, self.params.forecast.other_horizons, self.as_of)

    @cached_property
    def closed_forecasts(self) -> list[Closed]:
        """The newest forecasts whose time was over by `as_of`: as issued, else replayed."""
        issues = read_usable(self.folder, self.period)
        return collect_closed(self.replays, issues, self.period, self.first_on) if self.has_orders else []

    @cached_property
    def _forecasts(self) -> Memo:
        return Memo(self.folder / "derived", self.params.forecast.model_dump(mode="json"), FORECASTS)

    @cached_property
    def margins(self) -> pd.DataFrame | None:
        """Revenue with a known cost, and that cost, by customer; None where the source knows no costs."""
        return build_margins(self.ledger, self.as_of)

    @cached_property
    def balances(self) -> pd.DataFrame | None:
        """What customers owe, see `history.balances.build_balances`; None without invoices."""
        return build_balances(self.ledger, self.as_of)

    @cached_property
    def equity(self) -> float:
        """Sum of the customers' lifetime value (the sum of `clv` in the value table), currency."""
        margin = find_margin(self.read("customers"), self.params.value, self.margins)
        return expect_equity(self.forecast, margin, self.as_of, self.params)

    @cached_property
    def equity_limits(self) -> dict[str, float]:
        """`clv` (see `equity`) with the limits `low` and `high` of its central interval of `share`."""
        clv, low, high = stages.limit_equity(self)
        return {"clv": clv, "low": low, "high": high, "share": self.params.forecast.interval}

    @cached_property
    def value(self) -> Value:
        """Customer value with the margin and the model that it stands on."""
        customers, spells, scores = (self.read(name) for name in ("customers", "spells", "scores"))
        return value_customers(customers, spells, scores, self.forecast, self.as_of, self.params, margins=self.margins)

    def word(self, key: str) -> str:
        """The key of a text, or of the one that a contractual source has in its place."""
        return f"{key}_contracts" if self.ledger.is_contractual else key

    @cached_property
    def contracts(self) -> pd.DataFrame:
        """Contracts known by the end of the month, see `history.contracts.build_contracts`."""
        return build_contracts(self.ledger, self.as_of)

    @cached_property
    def ends(self) -> EndModel | None:
        """The model of contracts' ends; None where none has ended."""
        return self.memo.model(f"{self.period}/ends", lambda: fit_ends(self.contracts, self.params.contracts))

    @cached_property
    def contract_churn(self) -> pd.DataFrame:
        """Customers with contracts, whether they have left and how likely they are to, see `build_contract_churn`."""
        return build_contract_churn(self.contracts, self.ends, self.as_of, self.params)

    @cached_property
    def contract_value(self) -> pd.DataFrame:
        """What customers with contracts are worth, see `value.contractual.value_contracts`."""
        return value_contracts(self.contracts, self.ends, self.as_of, self.params)

    @cached_property
    def ends_check(self) -> Check | None:
        """The cross-validation of `ends` over the horizon in whole months; None with too few ended contracts."""
        if self.ends is None:
            return None
        months = max(round(horizon_months(self.as_of, self.params.forecast.horizon_days)), 1)
        return check_ends(self.contracts, self.ends, months, self.params.contracts)

    @cached_property
    def bridge(self) -> pd.DataFrame | None:
        """Last month's customer equity to this month's, see `value.build_bridge`; None where nobody had an order a month ago."""
        if not self.previous.has_orders:
            return None
        return start_from(self.memo.table(f"{self.period}/bridge", lambda: stages.bridge_equity(self)), self.issued_equity)

    @cached_property
    def issued_equity(self) -> float | None:
        """Last month's customer equity as it was issued, in time for this report; None where none was."""
        issue = newest_in_time(read_usable(self.folder, self.period), self.previous.period, self.as_of)
        equity = None if issue is None else issue.said.get("equity")
        return None if equity is None else float(equity)

    @cached_property
    def bridge_remarks(self) -> list[Remark]:
        """What to know of the bridge; nothing where there is none."""
        return [] if self.bridge is None else tell_bridge(self.previous.forecast, self.forecast, self.issued_equity)

    @cached_property
    def lapse_limits(self) -> pd.DataFrame:
        """Days of silence after which a customer has lapsed, by order group: the lost limits of the base month's cut-offs."""
        return hold_limits(self.cutoffs.lifecycle)

    @cached_property
    def spells_with_covariates(self) -> pd.DataFrame:
        """Spells with what was known of the customer and the order when each began, for the Cox model."""
        return add_groups(self.read("spells"), self.read("customers"))

    @cached_property
    def watch(self) -> Watch:
        """The watch lists of this and the last months, replayed by what each month knew."""

        def make() -> Watch:
            return replay_watch(*replay_signs(self.ledger, self.period, self.params), self.params)

        return self.memo.model(f"{self.period}/watch", make)

    @cached_property
    def lapses(self) -> pd.DataFrame:
        """Lapse rates of the last months, by this month's limits and spells; see `churn.rate_lapses_by_month`."""

        def make() -> pd.DataFrame:
            return rate_lapses_by_month(self.read("spells"), self.lapse_limits, self.period, self.params.churn)

        return self.memo.table(f"{self.period}/lapses", make)

    @cached_property
    def spells_with_segment(self) -> pd.DataFrame:
        """Spells with the RFM segment into which the order that starts each put the customer."""
        spells = self.read("spells")
        return spells.assign(segment=assign_at_start(spells, self.cutoffs.rfm, self.params.lifecycle.new_days))

    def groups(self, column: str) -> pd.Series:
        """A column of the segments table by customer_id, for example ``rfm_segment``."""
        return self.read("segments").set_index("customer_id")[column]

    def customer_groups(self, column: str) -> pd.Series | None:
        """A column of the customers table by customer_id, its rare levels pooled; None where the source does not fill it."""
        values = self.read("customers").set_index("customer_id")[column]
        return tidy_levels(values) if values.notna().any() else None

    @cached_property
    def cohorts(self) -> pd.Series:
        """Cohort of every buyer by customer_id: the finest of month, quarter, half year and year that makes few groups."""
        customers = self.read("customers").set_index("customer_id")
        return label_cohorts(customers["first_order_on"].dropna())

    @cached_property
    def first_on(self) -> date:
        """Day of the first order of any known customer."""
        return EPOCH + timedelta(days=int(self.past.days(self.as_of).day.min()))

    @cached_property
    def codebook(self) -> Codebook:
        """How this source's customers are coded: its own codebook, else the project's."""
        given = self.config.codebook
        return read_codebook(given, f"{self.source}/{CONFIG}: codebook") if given else codebook()

    @cached_property
    def entered_book(self) -> Codebook:
        """How the codes are made that people entered; as `codebook`, where the source does not say."""
        given = self.config.entered_code
        return read_codebook(given, f"{self.source}/{CONFIG}: entered_code") if given else self.codebook

    @cached_property
    def code_labels(self) -> pd.DataFrame:
        """What codes are made from, one row a customer, see `codes.gather_labels`."""
        return stages.label_codes(self)

    @cached_property
    def entered(self) -> pd.DataFrame | None:
        """Master data with the codes that people entered, see `codes.entered.read_entered`; None where there are none."""
        return read_entered(self.ledger, self.as_of)

    @cached_property
    def code_queue(self) -> pd.DataFrame | Missing:
        """Entered codes that wait for review, see `codes.entered.review`."""
        return stages.review_codes(self)

    @cached_property
    def needs(self) -> pd.DataFrame | None:
        """Needs known by the end of the month, see `codes.needs.read_needs`; None where the source has none."""
        return read_needs(self.ledger, self.as_of)

    @cached_property
    def memo(self) -> Memo:
        """Tables made from this ledger and these parameters, of whatever month."""
        books = [self.config.codebook, self.config.entered_code]
        return Memo(self.folder / "derived", [self.ledger.facts["key"], self.params.model_dump(mode="json"), books])

    def read(self, name: str) -> pd.DataFrame:
        """A derived table, made now unless it was made from the same before, and held to `analysis.contracts.DERIVED[name]`."""

        def make() -> pd.DataFrame:
            table = stages.build(name, self)
            # what was made from newer files must not be kept under the older ledger's key
            self.ledger.check_unchanged()
            return table

        if name not in self._tables:
            self._tables[name] = self.memo.table(f"{self.period}/{name}", make)
            check(name, self._tables[name])
        return self._tables[name].copy()

    def write(self, name: str) -> pd.DataFrame:
        """Check a derived table against its contract and store it as ``<name>.parquet``; the table is returned."""
        table = self.read(name)
        check(name, table)
        if name == "scores" and self.ledger.is_contractual:
            return table  # its customers' orders are not forecast: there is nothing to rely on
        with self._replacing(f"{name}.parquet") as part:
            pq.write_table(pa.Table.from_pandas(table, preserve_index=False), part, compression="zstd")
        return table

    def write_list(self, name: str, rows: pd.DataFrame) -> pd.DataFrame:
        """Store a list to work with as ``lists/<name>.csv`` and ``.xlsx``; the list is returned."""
        write_list(rows, self.derived / "lists", name, self.as_of)
        return rows

    def write_totals(self) -> None:
        """Store the company's totals with their interval, which are issued with the scores, as ``totals.json``."""
        with self._replacing("totals.json") as part:
            totals = describe_totals(self.replays, self.as_of) | {"equity": self.equity} if self.has_orders else {}
            part.write_text(json.dumps(totals, indent=1) + "\n", encoding="utf-8")

    def write_metrics(self, metrics: list[Metric]) -> list[Metric]:
        """Store the indicators as ``metrics.json``."""
        with self._replacing("metrics.json") as part:
            part.write_text(json.dumps([m.as_dict() for m in metrics], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return metrics

    @contextmanager
    def _replacing(self, name: str) -> Iterator[Path]:
        """A path to write to, which takes the place of `name` only when the writing has ended well."""
        self.derived.mkdir(parents=True, exist_ok=True)
        part = self.derived / f".{name}.{os.getpid()}"
        try:
            yield part
            os.replace(part, self.derived / name)
        finally:
            part.unlink(missing_ok=True)
