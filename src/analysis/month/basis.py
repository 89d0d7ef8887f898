"""What a month stands on: the ledger as of its last day, the parameters, and tables that are made once for all who ask.

Every derived table is a pure function of (clean ledger, as_of, parameters). A notebook that opens alone in JupyterLab
therefore finds each table: it reads the one that was made from the same ledger, parameters and code, and makes it
otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, overload

import pandas as pd

from analysis.contracts.check import check
from analysis.ledger import Ledger
from analysis.ledger.config import SourceConfig, load_config
from analysis.memo import Memo
from analysis.params import Params
from analysis.period import Period

FORECASTS = ".forecasts"
Made = TypeVar("Made")


class Basis(ABC):
    """A source as of the last day of a month, before any chapter has made something of it.

    Parameters
    ----------
    folder : Path
        ``data/<source>``.
    period : Period
        The reporting month.
    """

    def __init__(self, folder: Path, period: Period):
        self.folder, self.period = Path(folder), period
        self.made: dict[Any, Any] = {}
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

    @cached_property
    def forecast_memo(self) -> Memo:
        """Forecasts of all days, by what was known on each."""
        return Memo(self.folder / "derived", self.params.forecast.model_dump(mode="json"), FORECASTS)

    def at(self, period: Period) -> Self:
        """Another month of the same source, sharing the open ledger."""
        other = type(self)(self.folder, period)
        for shared in ("ledger", "config", "params", "memo", "forecast_memo"):
            other.__dict__[shared] = getattr(self, shared)
        return other

    @cached_property
    def previous(self) -> Self:
        """Last month."""
        return self.at(self.period.previous)

    @abstractmethod
    def build(self, name: str) -> pd.DataFrame:
        """Make a derived table."""

    def read(self, name: str) -> pd.DataFrame:
        """A derived table, made now unless it was made from the same before, and held to `analysis.contracts.DERIVED[name]`."""

        def make() -> pd.DataFrame:
            table = self.build(name)
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


class kept(Generic[Made]):
    """A function of a month that is worked out once: its result stays with the month. In a class of months it is an attribute."""

    def __init__(self, make: Callable[[Any], Made]):
        self.make = make
        update_wrapper(self, make)

    def __call__(self, month: Basis) -> Made:
        """What the function says of `month`."""
        if self not in month.made:
            month.made[self] = self.make(month)
        return month.made[self]

    @overload
    def __get__(self, month: None, owner: type) -> Self: ...
    @overload
    def __get__(self, month: Basis, owner: type) -> Made: ...
    def __get__(self, month: Basis | None, owner: type) -> Self | Made:
        return self if month is None else self(month)
