"""Every visible string: one catalogue a language, looked up by key, filled with fields.

The key ``churn.km.caption`` reads ``en/churn.toml``, table ``[km]``, key ``caption``. In a text,

- ``{count}`` is the field, written as its kind suggests (thousands separated, dates as ISO);
- ``{share:percent}`` writes it in a named way (see `analysis.report.words.numbers.KINDS`);
- ``{count|customer|customers}`` is the first form for exactly one, else the second.

The language comes from ``REPORT_LANG`` (default ``en``, which is complete). What another language lacks falls back to
English and is counted by `missing`. Texts are plain: escaping is the display's work.
"""

from analysis.report.words.catalogue import (
    WordsError,
    has_words,
    label_level,
    language,
    languages,
    missing,
    translate_markdown,
)
from analysis.report.words.numbers import (
    format_date,
    format_days,
    format_interval,
    format_money,
    format_month,
    format_number,
    format_percent,
    format_value,
)
from analysis.report.words.sentences import words

__all__ = [
    "WordsError",
    "format_date",
    "format_days",
    "format_interval",
    "format_money",
    "format_month",
    "format_number",
    "format_percent",
    "format_value",
    "has_words",
    "label_level",
    "language",
    "languages",
    "missing",
    "translate_markdown",
    "words",
]
