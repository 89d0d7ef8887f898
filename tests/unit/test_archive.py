"""Forecasts as they were published: added, never changed, and counted only where they were in time."""

import json
from datetime import date

import pytest

from analysis.archive import ArchiveError, keep, newest_in_time, read_issues, read_usable
from analysis.period import Period

MAY, JUNE = Period(2020, 5), Period(2020, 6)


def issue(folder, content, covered_until="2020-05-31", period=MAY):
    ready = folder / "ready"
    ready.write_text(content)
    return keep(folder, period, ready, f"digest-{content}", covered_until, {"horizon_days": 90})


def test_the_first_issue_stands_and_another_is_added_beside_it(tmp_path):
    first = issue(tmp_path, "a")
    second = issue(tmp_path, "b", "2020-06-10")
    assert first.name == "forecasts.parquet"
    assert first.read_text() == "a"
    assert second.name == "forecasts-2-digest-b.parquet"
    assert [(one.number, one.covered_until) for one in read_issues(tmp_path, MAY)] == [(1, date(2020, 5, 31)), (2, date(2020, 6, 10))]


def test_the_same_numbers_are_issued_once(tmp_path):
    issue(tmp_path, "a")
    assert issue(tmp_path, "a", "2020-06-10") is None
    assert len(read_issues(tmp_path, MAY)) == 1


def test_numbers_that_come_back_are_a_third_issue(tmp_path):
    for content in "aba":
        issue(tmp_path, content)
    assert [one.digest[-1] for one in read_issues(tmp_path, MAY)] == ["a", "b", "a"]


def test_what_a_killed_run_left_is_no_issue_and_is_written_over(tmp_path):
    (tmp_path / "issued" / "2020-05").mkdir(parents=True)
    (tmp_path / "issued" / "2020-05" / "forecasts.parquet").write_text("half")
    assert read_issues(tmp_path, MAY) == []
    assert issue(tmp_path, "a").read_text() == "a"


@pytest.mark.parametrize(("covered_until", "counts"), [("2020-06-29", True), ("2020-06-30", False), ("2020-07-01", False)])
def test_an_issue_is_in_time_where_its_data_ended_before_the_last_day_forecast(tmp_path, covered_until, counts):
    issue(tmp_path, "a", covered_until)
    found = newest_in_time(read_issues(tmp_path, MAY), MAY, JUNE.as_of)
    assert (found is not None) == counts


def test_the_newest_issue_in_time_counts(tmp_path):
    for content, covered_until in {"a": "2020-05-31", "b": "2020-06-15", "c": "2020-07-15"}.items():
        issue(tmp_path, content, covered_until)
    assert newest_in_time(read_issues(tmp_path, MAY), MAY, JUNE.as_of).digest == "digest-b"
    assert newest_in_time(read_issues(tmp_path, MAY), JUNE, JUNE.as_of) is None


def test_a_report_sees_no_issue_of_its_own_month_or_later_and_none_made_after_it(tmp_path):
    issue(tmp_path, "a")
    issue(tmp_path, "later", "2020-08-01")
    issue(tmp_path, "own", "2020-06-15", JUNE)
    assert [one.digest for one in read_usable(tmp_path, JUNE)] == ["digest-a"]
    assert read_usable(tmp_path, MAY) == []


def test_a_table_that_is_gone_stops_the_run_in_one_line(tmp_path):
    issue(tmp_path, "a").unlink()
    with pytest.raises(ArchiveError, match=r"^issued/2020-05/forecasts.parquet is gone, though forecasts.json says"):
        read_issues(tmp_path, MAY)


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"number": 1}), json.dumps({"number": 1, "digest": "a", "covered_until": "June"})])
def test_a_damaged_statement_stops_the_run_in_one_line(tmp_path, text):
    path = issue(tmp_path, "a").with_suffix(".json")
    path.unlink()
    path.write_text(text)
    with pytest.raises(ArchiveError, match=r"^issued/2020-05/forecasts.json cannot be read"):
        read_issues(tmp_path, MAY)
