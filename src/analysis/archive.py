"""What was promised is a fact: forecasts as they were published, kept month by month and never changed. Standard library only.

``data/<source>/issued/<period>/`` holds ``forecasts.parquet`` and, beside it, ``forecasts.json`` with what was known when
it was issued. Where a month is published again with other numbers, the first issue stands and a further pair of files
is added. Issue and grading know no clock: an issue is in time for an end where the data that it was published from
ended before it. So a month published again later, with its outcome in the data, is kept but never graded as issued.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from analysis.period import Period, PeriodError

FOLDER = "issued"
FORECASTS = "forecasts"


class ArchiveError(ValueError):
    """An archived file is not what was issued; one line."""


@dataclass(frozen=True)
class Issue:
    """A forecast as it was published.

    Attributes
    ----------
    period : Period
        The month of the report.
    number : int
        1 for the first issue of the month.
    path : Path
        The table; what is said of it stands in the ``.json`` beside it.
    digest : str
        Of the table's content.
    covered_until : date
        Last day of the data that it was published from, inclusive.
    said : dict
        All that is said of it: besides the above, `horizon_days`, `month_days`, `model` and `totals`.
    """

    period: Period
    number: int
    path: Path
    digest: str
    covered_until: date
    said: dict[str, Any]

    def is_in_time(self, end: date) -> bool:
        """Whether the data that it was published from ended before `end`, the last day that it forecasts."""
        return self.covered_until < end


def read_issues(folder: Path, period: Period) -> list[Issue]:
    """All issues of a month of the source in `folder`, the first one first.

    Raises
    ------
    ArchiveError
        What is said of an issue cannot be read, or its table is gone.
    """
    found = []
    for path in sorted((folder / FOLDER / str(period)).glob(f"{FORECASTS}*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            issue = Issue(
                period,
                int(said["number"]),
                path.with_suffix(".parquet"),
                str(said["digest"]),
                date.fromisoformat(said["covered_until"]),
                said,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ArchiveError(f"{_place(path)} cannot be read ({error!r}): put back what was issued") from None
        if not issue.path.is_file():
            raise ArchiveError(f"{_place(issue.path)} is gone, though {path.name} says that it was issued: put it back")
        found.append(issue)
    return sorted(found, key=lambda issue: issue.number)


def read_usable(folder: Path, period: Period) -> list[Issue]:
    """Issues that the report of `period` may grade: of earlier months, published from data that ended before this one's last day.

    Whatever is issued later, from data that go further, changes nothing in that report.
    """
    found: list[Issue] = []
    for path in sorted((folder / FOLDER).glob("*")):
        try:
            month = Period.parse(path.name)
        except PeriodError:
            continue
        if month < period:
            found += [issue for issue in read_issues(folder, month) if issue.is_in_time(period.as_of)]
    return found


def newest_in_time(issues: Iterable[Issue], period: Period, end: date) -> Issue | None:
    """The last issue of `period` that was in time for `end`."""
    counting = [issue for issue in issues if issue.period == period and issue.is_in_time(end)]
    return max(counting, key=lambda issue: issue.number, default=None)


def name_next(folder: Path, period: Period, digest: str) -> str | None:
    """File name of a new issue with this content; None where the month's last issue has the same."""
    before = read_issues(folder, period)
    if before and before[-1].digest == digest:
        return None
    return f"{FORECASTS}.parquet" if not before else f"{FORECASTS}-{before[-1].number + 1}-{digest[:12]}.parquet"


def keep(folder: Path, period: Period, table: Path, digest: str, covered_until: str, said: dict[str, Any]) -> Path | None:
    """Add an issue; nothing that was issued is touched, and nothing is added where the last issue has the same content.

    The table comes first and what is said of it last: a killed run leaves no issue or a whole one.
    """
    name = name_next(folder, period, digest)
    if name is None:
        return None
    path = folder / FOLDER / str(period) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    number = len(read_issues(folder, period)) + 1
    text = json.dumps(said | {"number": number, "digest": digest, "covered_until": covered_until}, indent=1, sort_keys=True) + "\n"
    part = path.with_name(f".{name}.part")
    shutil.copyfile(table, part)
    _put(part, path)
    part.write_text(text, encoding="utf-8")
    _put(part, path.with_suffix(".json"))
    return path


def _put(part: Path, path: Path) -> None:
    part.chmod(0o444)
    os.replace(part, path)


def _place(path: Path) -> str:
    return "/".join(path.parts[-3:])
