"""One month of one source, as a notebook holds it: the ledger as of its last day, the parameters, and what is made of them.

Every derived table is a pure function of (clean ledger, as_of, parameters). A notebook that opens alone in JupyterLab
therefore finds each table: it reads the one that was made from the same ledger, parameters and code, and makes it
otherwise.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.contracts.check import check
from analysis.ledger import Ledger
from analysis.ledger.config import SourceConfig, load_config
from analysis.memo import Memo
from analysis.month import churn, codes, contractual, customers, files, forecasts, segments, tables, valuation
from analysis.params import Params
from analysis.period import Period


class Month:
    """A source as of the last day of a month.

    What a chapter asks for is an attribute, made when it is first asked for and kept: the function behind it makes it and
    says what it is. Derived tables are asked for by name, ``month.read("customers")``; `tables.TABLES` lists them.

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

    @property
    def derived(self) -> Path:
        """``data/<source>/derived/<period>``."""
        return self.folder / "derived" / str(self.period)

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

    @cached_property
    def memo(self) -> Memo:
        """Tables made from this ledger and these parameters, of whatever month."""
        books = [self.config.codebook, self.config.entered_code]
        return Memo(self.folder / "derived", [self.ledger.facts["key"], self.params.model_dump(mode="json"), books])

    def at(self, period: Period) -> Month:
        """Another month of the same source, sharing the open ledger."""
        other = Month(self.folder, period)
        for shared in ("ledger", "config", "params", "memo", "forecast_memo"):
            other.__dict__[shared] = getattr(self, shared)
        return other

    @property
    def has_orders(self) -> bool:
        """Whether any customer has an order by the end of the month."""
        return self.first_on is not None

    @cached_property
    def previous(self) -> Month:
        """Last month."""
        return self.at(self.period.previous)

    def read(self, name: str) -> pd.DataFrame:
        """A derived table, made now unless it was made from the same before, and held to `analysis.contracts.DERIVED[name]`."""

        def make() -> pd.DataFrame:
            table = tables.build(name, self)
            # what was made from newer files must not be kept under the older ledger's key
            self.ledger.check_unchanged()
            return table

        if name not in self._tables:
            self._tables[name] = self.memo.table(f"{self.period}/{name}", make)
            check(name, self._tables[name])
        return self._tables[name].copy()

    def word(self, key: str) -> str:
        """The key of a text, or of the one that a contractual source has in its place."""
        return f"{key}_contracts" if self.ledger.is_contractual else key

    # files for those who work with the numbers
    write = files.write_table
    write_list = files.write_list
    write_totals = files.write_totals
    write_metrics = files.write_metrics

    # customers
    first_on = cached_property(customers.find_first_on)
    months = cached_property(customers.sum_months)
    traits = cached_property(customers.find_traits)
    baskets = cached_property(customers.find_baskets)
    voices = cached_property(customers.find_voices)
    needs = cached_property(customers.find_needs)
    margins = cached_property(customers.sum_margins)
    balances = cached_property(customers.sum_balances)
    cohorts = cached_property(customers.find_cohorts)
    customer_groups = customers.group_by

    # segments and classes
    base = cached_property(segments.find_base)
    cutoffs = cached_property(segments.hold_cutoffs)
    fitted_cutoffs = cached_property(segments.fit_own_cutoffs)
    segment = segments.segment_by
    groups = segments.group_by
    behaviour = cached_property(segments.describe_behaviour)
    clusters = cached_property(segments.hold_clusters)
    fitted_clusters = cached_property(segments.fit_own_clusters)
    facts = cached_property(segments.gather_facts)
    class_cutoffs = cached_property(segments.hold_class_cutoffs)
    class_history = cached_property(segments.replay_history)
    measured = cached_property(segments.measure_by_base)
    flips = cached_property(segments.rate_flips)
    step_cutoffs = segments.move_cutoffs

    # forecasts
    past = cached_property(forecasts.read_orders)
    forecast = cached_property(forecasts.fit_champion)
    forecast_memo = cached_property(forecasts.open_memo)
    memo_of = forecasts.open_memo_of
    replays = cached_property(forecasts.prepare_replays)
    replayed = forecasts.replay
    backtest_dates = cached_property(forecasts.list_backtest_dates)
    backtest = cached_property(forecasts.run_backtest)
    grade_models = forecasts.grade_models
    horizons = cached_property(forecasts.grade_horizons)
    closed_forecasts = cached_property(forecasts.collect_closed)

    # churn
    lapse_limits = cached_property(churn.find_limits)
    lapses = cached_property(churn.rate_lapses)
    watch = cached_property(churn.replay_lists)
    sent_watch = cached_property(churn.put_issued_lists)
    spells_with_covariates = cached_property(churn.add_covariates)
    spells_with_segment = cached_property(churn.add_segment)
    segments_at_start = cached_property(churn.group_at_start)

    # contracts, where customers leave by ending them
    contracts = cached_property(contractual.read_contracts)
    ends = cached_property(contractual.fit_model)
    ends_check = cached_property(contractual.check_model)
    contract_churn = cached_property(contractual.build_churn)
    contract_value = cached_property(contractual.build_value)

    # value
    value = cached_property(valuation.value_all)
    ahead = cached_property(valuation.look_ahead)
    hindsight = cached_property(valuation.look_back_year)
    equity_grade = cached_property(valuation.grade_equity)
    equity = cached_property(valuation.sum_equity)
    equity_limits = cached_property(valuation.limit_equity)
    issued_equity = cached_property(valuation.read_issued)
    bridge = cached_property(valuation.bridge_months)
    bridge_remarks = cached_property(valuation.tell_remarks)
    opinions = cached_property(valuation.compare_two)
    opinion_remarks = cached_property(valuation.tell_two)

    # codes
    codebook = cached_property(codes.find_codebook)
    entered_book = cached_property(codes.find_entered_book)
    code_labels = cached_property(codes.find_labels)
    entered = cached_property(codes.find_entered)
    code_queue = cached_property(codes.review_codes)
