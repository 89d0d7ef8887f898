from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ledger.zones import to_local, to_utc, transitions

LONDON, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai")
FIRST, LAST = datetime(2009, 1, 1), datetime(2012, 1, 1)


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


def utc(connection, moments, zone):
    rows = ibis.memtable({"at": moments})
    return connection.to_pyarrow(rows.select(utc=to_utc(rows["at"], zone, FIRST, LAST))).column("utc").to_pylist()


def test_clocks_change_twice_a_year():
    assert [at for at, _, _ in transitions(LONDON, datetime(2011, 1, 1), datetime(2012, 1, 1))] == [
        datetime(2011, 3, 27, 1),
        datetime(2011, 10, 30, 1),
    ]


def test_a_zone_without_changes_has_no_transitions():
    assert transitions(SHANGHAI, datetime(2000, 1, 1), datetime(2030, 1, 1)) == []


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (datetime(2011, 3, 27, 0, 59, 59), datetime(2011, 3, 27, 0, 59, 59)),
        (datetime(2011, 3, 27, 1, 30), datetime(2011, 3, 27, 1, 30)),  # never occurred: by the offset that held before
        (datetime(2011, 3, 27, 2, 0), datetime(2011, 3, 27, 1, 0)),
        (datetime(2011, 10, 30, 1, 30), datetime(2011, 10, 30, 0, 30)),  # twice: the earlier one
        (datetime(2011, 10, 30, 2, 0), datetime(2011, 10, 30, 2, 0)),
    ],
)
def test_boundaries_of_summer_time(connection, wall, expected):
    assert utc(connection, [wall], LONDON) == [expected]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.datetimes(FIRST, LAST - timedelta(days=1)), min_size=1, max_size=20),
    st.sampled_from(["Europe/London", "Asia/Shanghai", "America/New_York"]),
)
def test_agrees_with_the_standard_library(moments, name):
    zone = ZoneInfo(name)
    moments = [moment.replace(microsecond=0) for moment in moments]
    expected = [moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for moment in moments]
    connection = ibis.duckdb.connect()
    assert utc(connection, moments, zone) == expected
    rows = ibis.memtable({"at": expected})
    local = connection.to_pyarrow(rows.select(local=to_local(rows["at"], zone, FIRST, LAST))).column("local").to_pylist()
    assert local == [moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) for moment in expected]
