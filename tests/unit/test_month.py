"""What a notebook holds: one month of one source."""

import json
from datetime import date

import pandas as pd
import pandas.testing as pdt
import pytest
from python_calamine import CalamineWorkbook

from analysis import stages
from analysis.contracts import DERIVED, ContractError
from analysis.ledger.store import LedgerError
from analysis.metrics import Metric
from analysis.month import Month, open_month, project_root
from analysis.period import Period, PeriodError
from clean_ledger import write_clean
from tiny_source import write_source

MARCH = Period.parse("2020-03")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_source(folder)
    return folder


@pytest.fixture
def month(root):
    return open_month("shop", "2020-03", root)


def test_a_month_ends_with_its_last_day_in_the_sources_own_folder(month, root):
    assert (month.source, month.as_of, month.derived) == ("shop", date(2020, 3, 31), root / "data" / "shop" / "derived" / "2020-03")


@pytest.mark.parametrize(("until", "last"), [("2020-03-30", "2020-02"), ("2020-03-31", None)])
def test_a_month_that_the_data_do_not_cover_to_its_last_day_is_refused(tmp_path, until, last):
    write_clean(tmp_path / "data" / "shop" / "clean", {}, covered_until=until)
    if last is None:
        assert open_month("shop", "2020-03", tmp_path).period == MARCH
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


def test_the_sources_own_parameters_stand_on_top(month):
    assert (month.params.rfm.min_buyers, month.params.churn.min_completed_gaps) == (3, 3)


def test_customers_are_those_known_by_the_last_day_inclusive(month):
    orders = month.read("customers").set_index("customer_id")["count_order_days"]
    assert orders["h"] == 1  # on the last day
    assert orders["i"] == 0  # on the first of April
    assert orders["p"] == 0


def test_last_month_is_the_same_source_a_month_earlier(month):
    assert month.previous.as_of == date(2020, 2, 29)
    assert month.previous.ledger is month.ledger
    assert month.previous.read("customers").set_index("customer_id")["count_order_days"]["h"] == 0


@pytest.mark.parametrize(("period", "has"), [("2019-12", False), ("2020-01", True)])
def test_a_month_before_the_first_order_has_none(month, period, has):
    assert month.at(Period.parse(period)).has_orders == has


def test_a_table_is_read_as_it_was_made_before(month, root, monkeypatch):
    first = month.read("spells")
    monkeypatch.setattr(stages, "build", lambda name, month: pytest.fail("made a second time"))
    pdt.assert_frame_equal(open_month("shop", "2020-03", root).read("spells"), first)


def test_who_changes_a_table_that_was_read_changes_a_copy(month):
    month.read("customers")["count_order_days"] = 99
    assert month.read("customers")["count_order_days"].max() < 99


def test_a_table_made_from_newer_files_is_not_kept(tmp_path):
    write_source(tmp_path, key="old")
    month = open_month("shop", "2020-03", tmp_path)
    assert month.ledger.facts["key"] == "old"
    write_source(tmp_path, key="new")
    with pytest.raises(LedgerError, match="cleaned anew meanwhile"):
        month.read("customers")
    assert not list((tmp_path / "data" / "shop" / "derived").rglob("*.parquet"))


@pytest.mark.parametrize("name", [name for name in stages.TABLES if name in DERIVED])
def test_every_table_keeps_its_contract_and_is_stored(month, name):
    table = month.write(name)
    pdt.assert_frame_equal(pd.read_parquet(month.derived / f"{name}.parquet"), table)


def test_a_table_that_breaks_its_contract_is_not_stored(month, monkeypatch):
    broken = month.read("customers").assign(spend_total=-1.0)
    monkeypatch.setattr(Month, "read", lambda self, name: broken)
    (month.derived / "customers.parquet").unlink(missing_ok=True)
    with pytest.raises(ContractError, match=r"customers\.spend_total is below 0"):
        month.write("customers")
    assert not (month.derived / "customers.parquet").exists()


def test_metrics_are_stored_as_json(month):
    month.write_metrics([Metric("revenue", 3.0, None, "money")])
    stored = json.loads((month.derived / "metrics.json").read_text(encoding="utf-8"))
    assert [(metric["name"], metric["value"], metric["change"]) for metric in stored] == [("revenue", 3.0, None)]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(month):
    month.write_metrics([Metric("revenue", 3.0, None, "money")])
    with pytest.raises(TypeError):
        month.write_metrics([Metric("revenue", object(), None, "money")])
    assert json.loads((month.derived / "metrics.json").read_text(encoding="utf-8"))[0]["value"] == 3.0
    assert not list(month.derived.glob(".metrics*"))


def test_a_list_is_stored_for_people_to_work_with(month):
    rows = pd.DataFrame({"customer_id": ["007"]})
    assert month.write_list("watch", rows) is rows
    path = month.derived / "lists" / "watch.xlsx"
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1] == ["007"]


def test_cut_offs_are_those_of_the_base_month(month):
    assert month.cutoffs.period == "2020-01"  # at its end, the third buyer has ordered
    assert month.at(Period.parse("2020-02")).cutoffs == month.cutoffs


def test_groups_are_found_by_customer(month):
    assert set(month.groups("rfm_segment").index) == set("abcdefghip")


def test_a_column_that_the_source_does_not_fill_makes_no_groups(month):
    assert month.customer_groups("gender") is None
    assert set(month.customer_groups("country")) == {"United Kingdom"}


def test_cohorts_are_of_buyers_alone(month):
    assert month.cohorts.to_dict() == dict.fromkeys("abcd", "2020-01") | dict.fromkeys("ef", "2020-02") | dict.fromkeys("gh", "2020-03")


def test_the_first_order_of_anybody(month):
    assert month.first_on == date(2020, 1, 5)
