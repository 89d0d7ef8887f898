from pathlib import Path

import pytest

from analysis.ledger.config import load_config
from analysis.ledger.options import Detected
from analysis.ledger.readers import detect_formats, keep_detected, stage
from analysis.ledger.store import LedgerError

HEAD = """# The shop of our tests.
title = "Shop"
currency = "EUR"
zone = "Europe/Berlin"
home_country = "Germany"
[tables.order_lines]
file = "raw/lines.csv"
"""


@pytest.fixture
def detect(tmp_path: Path):
    def detect(dates: list[str], amounts: list[str] | None = None, toml: str = "") -> dict[str, Detected]:
        (tmp_path / "raw").mkdir(exist_ok=True)
        rows = zip(dates, amounts or ["1"] * len(dates), strict=True)
        (tmp_path / "raw" / "lines.csv").write_text(
            "customer_id;ordered_at;amount\n" + "".join(f"7;{when};{amount}\n" for when, amount in rows), encoding="utf-8"
        )
        (tmp_path / "ledger.toml").write_text(HEAD + toml)
        config = load_config(tmp_path)
        return detect_formats(config, "order_lines", stage(config, tmp_path, "order_lines", tmp_path / "out.parquet"))

    return detect


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (["2016-10-01", "2016-10-31"], "iso"),
        (["2016-10-01T08:00:00", "2016-10-31 09:30:00.5+02:00"], "iso"),
        (["01/02/2016", "13/02/2016"], "%d/%m/%Y"),
        (["01/02/2016 08:00", "02/13/2016 09:00"], "%m/%d/%Y"),
        (["1.2.2016", "31.1.2016"], "%d.%m.%Y"),
        (["31-01-2016", "01-02-2016"], "%d-%m-%Y"),
        (["2016/1/2", "2016/12/31 10:00:00"], "%Y/%m/%d"),
        (["20160102", "20161231"], "%Y%m%d"),
        (["2016年1月2日", "2016年12月31日 10:00"], "%Y年%m月%d日"),
        (["2 Jan 2016", "31 December 2016"], "%d %b %Y"),
    ],
)
def test_an_evident_format_is_found(detect, dates, form):
    assert detect(dates)["ordered_at"] == Detected(format=form)


def test_days_that_may_be_months_stop_the_run(detect):
    with pytest.raises(LedgerError) as caught:
        detect(["01/02/2016", "03/04/2016"])
    message = str(caught.value)
    assert message == (
        "order_lines.ordered_at reads as %d/%m/%Y (100%) and %m/%d/%Y (100%); state it: "
        '[tables.order_lines.formats] ordered_at = "%d/%m/%Y" or "%m/%d/%Y"'
    )


def test_one_day_above_twelve_among_many_does_not_decide(detect):
    with pytest.raises(LedgerError, match=r"reads as %d/%m/%Y \(100%\) and %m/%d/%Y \(99%\)"):
        detect(["01/02/2016"] * 99 + ["13/02/2016"])


def test_dirt_up_to_a_twentieth_leaves_the_format_evident(detect):
    assert detect(["2016-01-02"] * 95 + ["yesterday"] * 5)["ordered_at"].format == "iso"


def test_more_dirt_than_a_twentieth_is_no_format(detect):
    with pytest.raises(LedgerError, match=r"no evident date format \(best: iso, 94%; unlike it: raw/lines.csv data line 95\); state it"):
        detect(["2016-01-02"] * 94 + ["yesterday"] * 6)


def test_empty_cells_do_not_count(detect):
    assert detect([""] * 90 + ["2016-01-02"] * 10)["ordered_at"].format == "iso"
    assert detect(["", ""]) == {}


def test_a_stated_format_is_not_looked_for(detect):
    assert detect(["01/02/2016"], toml='formats = { ordered_at = "%d/%m/%Y" }') == {}


@pytest.mark.parametrize(
    ("amounts", "sign"),
    [
        (["1,50", "20"], ","),
        (["1.234,50", "2.345"], ","),
        (["1.234.567", "1,5"], ","),
        (["0,125", "1,234"], ","),
        (["1,234.50", "2,345"], "."),
        (["1,234,567"], "."),
        (["€ 1,50", "-2,75 €"], ","),
        (["0.5", "1,234"], "."),
    ],
)
def test_an_evident_decimal_sign_is_found(detect, amounts, sign):
    assert detect(["2016-01-02"] * len(amounts), amounts)["amount"] == Detected(decimal=sign)


@pytest.mark.parametrize("amounts", [["1", "20"], ["1.5", "20"], ["1234.567", "1.125"], ["", "abc"], ["0.125", "-3.250"]])
def test_points_alone_are_the_default(detect, amounts):
    assert "amount" not in detect(["2016-01-02"] * len(amounts), amounts)


@pytest.mark.parametrize("amounts", [["1,234", "5"], ["1.234", "5"], ["1,234", "2.345"]])
def test_three_digits_that_may_be_thousands_stop_the_run(detect, amounts):
    with pytest.raises(LedgerError, match=r"may be a thousand or a fraction; state it: \[tables.order_lines\] decimal"):
        detect(["2016-01-02"] * len(amounts), amounts)


def test_numbers_with_either_sign_stop_the_run(detect):
    with pytest.raises(LedgerError, match=r"1 of its numbers have a decimal point, 2 a decimal comma; state it"):
        detect(["2016-01-02"] * 3, ["1.5", "1,5", "2,5"])


def test_a_stated_decimal_is_not_looked_for(detect):
    assert "amount" not in detect(["2016-01-02"], ["1,234"], 'decimal = "."')


def test_what_is_found_is_written_down_once_and_then_fixed(detect, tmp_path):
    found = detect(["31/01/2016", "01/02/2016"], ["1,50", "2,75"])
    keep_detected(tmp_path, {"order_lines": found})
    text = (tmp_path / "ledger.toml").read_text(encoding="utf-8")
    assert text.startswith(HEAD)  # the user's own lines, comments included, stay
    config = load_config(tmp_path)
    assert config.formats("order_lines") == {"ordered_at": "%d/%m/%Y"}
    assert config.decimal("order_lines", "amount") == ","
    staged = stage(config, tmp_path, "order_lines", tmp_path / "out.parquet")
    assert detect_formats(config, "order_lines", staged) == {}
    keep_detected(tmp_path, {"order_lines": {}})
    assert (tmp_path / "ledger.toml").read_text(encoding="utf-8") == text


def test_chinese_formats_survive_being_written_down(detect, tmp_path):
    keep_detected(tmp_path, {"order_lines": detect(["2016年1月2日"])})
    assert load_config(tmp_path).formats("order_lines") == {"ordered_at": "%Y年%m月%d日"}
