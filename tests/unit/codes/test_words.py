"""Everything that a code, a review or a check may say has words; the demo company's own scheme can be read."""

import tomllib
from pathlib import Path

import pytest

from analysis import codes
from analysis.codes.entered import REASONS
from analysis.codes.integrity import BASIC, REUSED_NUMBERS
from analysis.contracts.ledger import CONTACT_CHANNELS
from analysis.report.words import has_words

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("namespace", "levels"),
    [
        ("code_part", codes.codebook().names),
        ("code_label", codes.codebook().tabulate()["label"].unique()),
        ("code_reason", REASONS),
        ("code_changes", ("rarely", "monthly")),
        ("number_check", REUSED_NUMBERS),
        ("dimension", (*BASIC, "purchase", *CONTACT_CHANNELS)),
    ],
)
def test_every_level_has_words(namespace, levels):
    assert [level for level in levels if not has_words(f"levels.{namespace}.{level}")] == []


def test_the_demo_companys_entered_codes_are_described():
    said = tomllib.loads((ROOT / "data" / "demo" / "ledger.toml").read_text(encoding="utf-8"))
    scheme = codes.read_codebook(said["entered_code"], "demo")
    assert scheme.names == ("type", "home", "region", "trade")
    assert codes.decode("PD3100", scheme) == {"type": "individual", "home": "domestic", "region": "广东", "trade": "no_trade"}
    assert [name for name in scheme.names if not has_words(f"levels.code_part.{name}")] == []
