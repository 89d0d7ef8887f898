"""Months are opened by name, and only where the data cover them."""

import pytest

from analysis.ledger.store import LedgerError
from analysis.month import open_month, project_root
from analysis.period import Period, PeriodError
from clean_ledger import write_clean


@pytest.mark.parametrize(("until", "last"), [("2020-03-30", "2020-02"), ("2020-03-31", None)])
def test_a_month_that_the_data_do_not_cover_to_its_last_day_is_refused(tmp_path, until, last):
    write_clean(tmp_path / "data" / "shop" / "clean", {}, covered_until=until)
    if last is None:
        assert open_month("shop", "2020-03", tmp_path).period == Period(2020, 3)
        return
    with pytest.raises(PeriodError) as error:
        open_month("shop", "2020-03", tmp_path)
    assert str(error.value) == f"shop: the data end on {until}, so 2020-03 is not covered to its last day; the last whole month is {last}"


def test_a_source_that_was_not_cleaned_is_refused(tmp_path):
    with pytest.raises(LedgerError, match="no clean ledger yet"):
        open_month("shop", "2020-03", tmp_path)


def test_a_period_that_is_no_month_is_refused(root):
    with pytest.raises(PeriodError, match="write it as YYYY-MM"):
        open_month("shop", "2020-3", root)


def test_the_project_is_where_the_environment_says_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    assert project_root() == tmp_path
    monkeypatch.delenv("ANALYSIS_ROOT")
    assert (project_root() / "pyproject.toml").is_file()
