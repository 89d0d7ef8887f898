"""ISO/IEC 7064:2003, MOD 1271-36: the standard's own example (section 8.2), as other implementations test it too."""

import numpy as np
import pytest

from analysis.codes.check_characters import compute, is_valid


def letters(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)[None, :]


def test_the_check_characters_of_the_standards_example():
    assert compute(letters("ISO79")).tobytes().decode() == "3W"


@pytest.mark.parametrize(("text", "expected"), [("ISO793W", True), ("ISO793X", False), ("IS0793W", False), ("IOS793W", False)])
def test_the_standards_example_is_told_from_its_misspellings(text, expected):
    assert bool(is_valid(letters(text))[0]) is expected
