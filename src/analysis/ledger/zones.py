"""Local wall time and UTC by the transitions of a time zone, as plain comparisons that every engine has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import ibis.expr.types as ir

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def transitions(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, timedelta, timedelta]]:
    """Changes of a zone's offset between two naive UTC instants (exclusive, inclusive).

    Returns
    -------
    list of (instant, before, after)
        The naive UTC instant from which the second offset holds.
    """

    def offset(instant: datetime) -> timedelta:
        return instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()

    found = []
    low, before = first, offset(first)
    while low < last:
        high = min(low + _DAY, last)
        after = offset(high)
        if after != before:
            start, end = low, high
            while end - start > _SECOND:
                middle = start + ((end - start) // 2 // _SECOND) * _SECOND
                start, end = (middle, end) if offset(middle) == before else (start, middle)
            found.append((end, before, after))
        low, before = high, after
    return found


def to_utc(wall: ir.TimestampValue, zone: ZoneInfo, first: datetime, last: datetime) -> ir.TimestampValue:
    """Naive UTC of naive local times that lie between `first` and `last` (local, inclusive).

    A time that occurs twice (clocks set back) is the earlier one; one that never occurred (clocks set forward) is read
    with the offset that held before, as `datetime` does with ``fold=0``.
    """
    changes = transitions(zone, first - 2 * _DAY, last + 2 * _DAY)
    return _shift(wall, zone, first, [(at + max(before, after), before, after) for at, before, after in changes], -1)


def to_local(instant: ir.TimestampValue, zone: ZoneInfo, first: datetime, last: datetime) -> ir.TimestampValue:
    """Naive local time of naive UTC instants that lie between `first` and `last` (UTC, inclusive)."""
    return _shift(instant, zone, first, transitions(zone, first - 2 * _DAY, last + 2 * _DAY), 1)


def _shift(
    value: ir.TimestampValue, zone: ZoneInfo, first: datetime, changes: list[tuple[datetime, timedelta, timedelta]], sign: int
) -> ir.TimestampValue:
    import ibis

    def by(offset: timedelta) -> ir.TimestampValue:
        seconds = sign * int(offset.total_seconds())
        return value + ibis.interval(seconds=seconds) if seconds else value

    if not changes:
        return by(first.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta())
    return ibis.cases(*[(value < ibis.timestamp(at), by(before)) for at, before, _ in changes], else_=by(changes[-1][2]))
