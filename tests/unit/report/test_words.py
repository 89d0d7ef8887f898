import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import analysis.report
from analysis.report import words as public
from analysis.report.words import catalogue as module
from analysis.report.words import (
    format_days,
    format_interval,
    format_money,
    format_month,
    format_number,
    format_percent,
    format_value,
    has_words,
    missing,
    translate_markdown,
    words,
)


def test_unknown_key_names_the_nearest():
    with pytest.raises(KeyError, match=r"no text common\.number\.blnk; nearest: common\.number\.blank"):
        words("common.number.blnk")


def test_missing_field_is_named(say):
    say("t", text="{count} of {total}")
    with pytest.raises(KeyError, match="needs the field total; given: count"):
        words("t.text", count=1)


@pytest.mark.parametrize(("count", "text"), [(0, "0 customers"), (1, "1 customer"), (2, "2 customers"), (1200, "1,200 customers")])
def test_one_and_many(say, count, text):
    say("t", text="{count} {count|customer|customers}")
    assert words("t.text", count=count) == text


def test_a_field_is_data_and_never_a_pattern(say):
    say("t", text="City {city}")
    assert words("t.text", city="{count} {0.__class__}") == "City {count} {0.__class__}"


def test_doubled_braces_are_braces(say):
    say("t", text="{{x}}")
    assert words("t.text") == "{x}"


def test_unknown_kind_names_the_known(say):
    say("t", text="{share:percnt}")
    with pytest.raises(KeyError, match=r"percnt is not a way to write a value; known: .*percent"):
        words("t.text", share=0.5)


def test_unknown_language_names_the_available(monkeypatch):
    monkeypatch.setenv("REPORT_LANG", "xx")
    with pytest.raises(KeyError, match=r"REPORT_LANG=xx has no catalogue; available: .*en"):
        words("common.number.blank")


def test_another_language_falls_back_to_english_and_is_counted(monkeypatch, tmp_path):
    for language, text in (("en", 'a = "A"\nb = "B"'), ("zh", 'a = "甲"')):
        (tmp_path / language).mkdir()
        (tmp_path / language / "common.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setenv("REPORT_LANG", "zh")
    module.catalogue.cache_clear()
    module.languages.cache_clear()
    try:
        assert (words("common.a"), words("common.b"), missing("zh")) == ("甲", "B", ["common.b"])
    finally:
        module.catalogue.cache_clear()
        module.languages.cache_clear()


def test_english_prose_is_the_cell_itself():
    assert translate_markdown("04_churn", "intro", "# Who leaves?") == "# Who leaves?"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.00001, "−0.000010"),
        (1234567.8, "1,234,568"),
        (0.01234, "0.0123"),
        (99.94, "99.94"),
        (float("nan"), "–"),
        (pd.NA, "–"),
        (-5, "−5"),
    ],
)
def test_numbers(value, text):
    assert format_number(value, digits=2 if text == "99.94" else None) == text


def test_a_rounded_zero_has_no_sign():
    assert format_number(-0.0001, 1) == "0.0"


@pytest.mark.parametrize(
    ("value", "text"), [(9_999, "9,999"), (10_000, "10k"), (1_234_567, "1.23M"), (12_300_000_000, "12.3bn"), (-45_600, "−45.6k")]
)
def test_compact_numbers(value, text):
    assert format_number(value, compact=True) == text


def test_kinds_of_numbers():
    assert format_money(12.5) == "12.50"
    assert format_money(1250.4) == "1,250"
    assert format_percent(0.1234) == "12.3%"
    assert (format_days(1), format_days(3.5), format_days(30.2)) == ("1 day", "3.5 days", "30 days")
    assert format_interval(0.1, 0.2, "percent") == "10.0% to 20.0%"
    assert (format_month("2016-10"), format_month(date(2016, 1, 31))) == ("October 2016", "January 2016")
    assert (format_value(date(2016, 2, 1)), format_value(pd.NaT), format_value(True), format_value("x")) == ("2016-02-01", "–", "yes", "x")
    assert (format_value(0.0004, "p_value"), format_value(0.04, "p_value")) == ("<0.001", "0.0400"[:5])


def test_every_key_written_in_the_report_code_exists():
    root = Path(analysis.report.__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    keys = set(re.findall(r"words\(\s*[\"']([a-z_0-9.]+)[\"']", code))
    assert len(keys) > 30
    assert [key for key in sorted(keys) if not has_words(key)] == []


def test_the_public_face_is_complete():
    assert all(hasattr(public, name) for name in public.__all__)


def test_a_level_made_of_several_is_labelled_part_by_part():
    assert module.label_level("tier", "vip+potential") == "VIP, potential"
    assert module.label_level("tier", "vip+R&D") == "vip+R&D"  # not ours: it stands as it is


def test_a_field_can_be_the_label_of_a_level(say):
    say("t", text="{tier:level_tier}")
    assert words("t.text", tier="vip") == "VIP"
