import tomllib
from importlib import resources

from analysis.ledger.rules import BY_NAME, REPAIRS, RULES


def test_rules_have_one_name_each():
    assert len(BY_NAME) == len(RULES)


def test_every_rule_looks_at_its_row_or_backward():
    assert {rule.sees for rule in RULES} == {"row", "earlier rows", "another table"}


def test_every_rule_has_words_for_the_report():
    text = resources.files("analysis.report").joinpath("words/en/levels.toml").read_text(encoding="utf-8")
    assert set(BY_NAME) <= set(tomllib.loads(text)["rule"])


def test_repairs_are_those_with_one_certain_reading():
    assert {"casing", "padded_id", "mojibake"} <= set(REPAIRS)
    assert not {"outlier_quantity", "unparseable_date", "ambiguous_date"} & set(REPAIRS)
