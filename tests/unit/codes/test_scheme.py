"""Entered codes are held only against a scheme that they can be meant in."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis import codes
from analysis.contracts import Missing
from analysis.month.codes import find_codebook, find_entered
from analysis.report.words import has_words
from analysis.stages import review_codes, tell_scheme


def month(entered, stated=None):
    rows = None if entered is None else pd.DataFrame({"entered_code": entered})
    made = {find_entered: rows, find_codebook: codes.codebook()}
    return SimpleNamespace(made=made, config=SimpleNamespace(entered_code=stated or {}))


RIGHT = codes.encode({"type": "business"})


@pytest.mark.parametrize(
    ("entered", "stated", "expected"),
    [
        (None, None, "none"),
        (["A1", None], {"parts": []}, "stated"),
        (["A1", RIGHT], None, "own"),
        ([RIGHT[:-1] + "?", "A1"], None, "unstated"),
        ([RIGHT.replace("B", "Q", 1)], None, "own"),
    ],
)
def test_the_scheme_is_told(entered, stated, expected):
    found = tell_scheme(month(entered, stated))
    assert found == expected
    assert has_words(f"codes.scheme.{found}")


def test_codes_of_an_unstated_scheme_are_not_called_wrong():
    assert isinstance(review_codes(month(["A1"])), Missing)
