"""What a cell of a notebook shows: pure objects that carry their HTML and, where they have one, their table."""

from __future__ import annotations

import html as _html
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.report.words import format_value, has_words, label_level, words
from analysis.report.words.catalogue import WordsError, nearest
from analysis.report.words.numbers import KINDS, NUMERIC, is_blank

DISPLAY_MIME = "application/vnd.analysis.display+json"
"""Marks an output as one of ours: the page shows no other."""
TABLE_MIME = "application/vnd.analysis.table+json"
"""The table behind a display: name, title, columns, kinds, rows."""
KPI_MIME = "application/vnd.analysis.kpis+json"
"""The KPIs of a display of cards, as the manifest and the index list them."""
PERSON = "person"
"""Kind of a display of one customer, which no page takes."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_SUFFIXES = {"_on": "date", "_days": "days", "_share": "percent", "_rate": "percent"}


def escape(text: object) -> str:
    """Text made safe for HTML content and quoted attributes; control characters and lone surrogates are dropped."""
    return _html.escape(_CONTROL.sub("", str(text)), quote=True)


def anchor(name: str) -> str:
    """An HTML id (and file name) made of a dotted name: lower-case letters, digits and single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "part"


@dataclass(frozen=True)
class TableData:
    """A finished table as publishing needs it.

    Attributes
    ----------
    name : str
        Unique on the page; the CSV is ``tables/<anchor(name)>.csv``.
    title : str
        The caption.
    columns : tuple of str
        Labels, in the report's language.
    kinds : tuple of str
        How each column is written (see `words.KINDS`).
    rows : tuple of tuple
        Raw values that JSON can hold: text, numbers, booleans, None; dates as ISO text.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """The table as its MIME bundle holds it."""
        return {
            "name": self.name,
            "title": self.title,
            "columns": list(self.columns),
            "kinds": list(self.kinds),
            "rows": [list(row) for row in self.rows],
        }


@dataclass(frozen=True)
class Display:
    """HTML for the page, and what publishing needs besides.

    Attributes
    ----------
    kind : str
        "table", "chart", "cards", "text", or `PERSON`.
    html : str
        Complete, escaped.
    plain : str
        One line for consoles.
    table : TableData, optional
    kpis : tuple of dict
    facts : tuple of (str, value) pairs that publishing reads (a verdict's level and text).
    """

    kind: str
    html: str
    plain: str = ""
    table: TableData | None = None
    kpis: tuple[dict[str, Any], ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"<{self.kind}{': ' + self.plain if self.plain else ''}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {
            "text/html": self.html,
            "text/plain": repr(self),
            DISPLAY_MIME: {"kind": self.kind, **dict(self.facts)},
        }
        if self.table is not None:
            bundle[TABLE_MIME] = self.table.to_json()
        if self.kpis:
            bundle[KPI_MIME] = [dict(kpi) for kpi in self.kpis]
        return bundle


_NAMED = {
    **dict.fromkeys(("p", "p_value", "p_naive", "p_clustered", "p_adjusted"), "p_value"),
    **dict.fromkeys(("p_auc", "p_brier", "p_log", "p_calibration", "spend_gini", "spend_top10", "orders_rank", "spend_rank"), "decimal3"),
    **dict.fromkeys(("correlation", "drift"), "decimal3"),
    **dict.fromkeys(("hr", "ratio", "index"), "decimal"),
    **dict.fromkeys(("share", "rate", "top", "retention", "spend_bias", "spend_abs_bias", "orders_bias", "orders_abs_bias"), "percent"),
    **dict.fromkeys(("precision", "recall"), "percent"),
    **dict.fromkeys(("against_kind", "against_chance"), "decimal"),
    **dict.fromkeys(("spend_above", "spend_below"), "percent"),
    **dict.fromkeys(("value", "clv", "mean_spend"), "money"),
}
"""Kinds of columns whose name alone says how they are written."""

_PREFIXES = (
    (("share_", "rate_", "returned_", "repeat_rate", "p_", "lasting_", "ended_", "revenue_churn", "net_retention"), "percent"),
    (("spend", "revenue", "amount", "value_", "clv", "predicted_", "actual_", "fees_", "mean_fee"), "money"),
    (("days_", "median_days"), "days"),
    (("count",), "integer"),
)


def guess_kind(name: str, column: pd.Series) -> str:
    """How a column is written, from its name (units are suffixes) and its type."""
    if pd.api.types.is_bool_dtype(column):
        return "bool"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    if not pd.api.types.is_numeric_dtype(column):
        first = next((value for value in column if not is_blank(value)), None)
        if first is not None and type(first).__name__ == "Decimal":
            return "money"
        return "date" if first is not None and hasattr(first, "isoformat") else "text"
    # the limits of an interval are written as what they enclose
    stem = name.removesuffix("_low").removesuffix("_high")
    if stem in _NAMED:
        return _NAMED[stem]
    for suffix, kind in _SUFFIXES.items():
        if stem.endswith(suffix):
            return kind
    for prefixes, kind in _PREFIXES:
        if stem.startswith(prefixes):
            return kind
    return "integer" if pd.api.types.is_integer_dtype(column) else "number"


def label_column(key: str, name: str) -> str:
    """The label of a column: ``<key>.columns.<name>``, else ``columns.<name>``."""
    for candidate in (f"{key}.columns.{name}", f"columns.{name}"):
        if has_words(candidate):
            return words(candidate)
    raise WordsError(
        f"words has no label for the column {name} of {key}: add columns.{name} or {key}.columns.{name}; {nearest(f'columns.{name}')}"
    )


def plain_value(value: Any) -> Any:
    """A value that JSON can hold."""
    if is_blank(value):
        return None
    if type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    if isinstance(value, int) or type(value).__name__.startswith(("int", "uint")):
        return int(value)
    if isinstance(value, float) or (hasattr(value, "__float__") and not isinstance(value, str)):
        return float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return _CONTROL.sub("", str(value))


def flatten_index(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with a meaningful index turned into columns; a plain row number is dropped."""
    if isinstance(frame.columns, pd.MultiIndex):
        raise ValueError("show: columns in several levels; flatten them to one name each")
    if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None:
        return frame
    if frame.index.names == [None]:
        return frame.reset_index(drop=True)
    return frame.reset_index()


def build_table(
    frame: pd.DataFrame,
    name: str,
    key: str,
    title: str,
    formats: dict[str, str] | None = None,
    columns: dict[str, str] | None = None,
) -> TableData:
    """A frame as `TableData`: labels from the catalogue, kinds given or guessed, levels translated.

    `formats` maps a column to a kind of `words.KINDS`, or to ``level:<namespace>`` for labels of a closed level.
    `columns` maps a column to a ready label (for columns that come from data, such as the months of a cross-table).
    """
    frame = flatten_index(frame)
    formats, columns = formats or {}, columns or {}
    for given in (*formats, *columns):
        if given not in frame.columns:
            raise ValueError(f"{name}: there is no column {given}; columns: {', '.join(map(str, frame.columns))}")
    labels, kinds, values = [], [], []
    for position, column in enumerate(frame.columns):
        series = frame.iloc[:, position]
        kind = formats.get(column) or guess_kind(str(column), series)
        cells = [plain_value(value) for value in series]
        if kind.startswith("level:"):
            cells = [None if cell is None else label_level(kind.removeprefix("level:"), cell) for cell in cells]
            kind = "text"
        if kind not in KINDS:
            raise ValueError(f"{name}: {kind} is not a way to write column {column}; known: {', '.join(KINDS)}, level:<namespace>")
        labels.append(columns[column] if column in columns else label_column(key, str(column)))
        kinds.append(kind)
        values.append(cells)
    rows = tuple(zip(*values, strict=True)) if values else ()
    return TableData(name, title, tuple(labels), tuple(kinds), rows)


def write_cell(value: Any, kind: str) -> str:
    """A raw value of `TableData` as text."""
    return format_value(value, kind if value is not None else None)


def is_numeric(kind: str) -> bool:
    """Whether a kind is written flush right."""
    return kind in NUMERIC
