"""Every wrong character and every exchange of neighbours is found, whatever the text."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.codes.check_characters import ALPHABET, compute, is_valid

TEXTS = st.text(alphabet=ALPHABET, min_size=1, max_size=30)


def rows(texts):
    return np.array([list(text.encode()) for text in texts], dtype=np.uint8)


def protect(text):
    return text + compute(rows([text])).tobytes().decode()


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_a_text_with_its_check_characters_is_valid(text):
    assert is_valid(rows([protect(text)])).all()


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_no_single_wrong_character_passes(text):
    right = protect(text)
    wrong = [right[:at] + letter + right[at + 1 :] for at in range(len(right)) for letter in ALPHABET if letter != right[at]]
    assert not is_valid(rows(wrong)).any()


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_no_exchange_of_two_different_neighbours_passes(text):
    right = protect(text)
    swapped = [right[:at] + right[at + 1] + right[at] + right[at + 2 :] for at in range(len(right) - 1) if right[at] != right[at + 1]]
    assert not swapped or not is_valid(rows(swapped)).any()


def test_every_pair_of_neighbours_is_told_from_its_exchange():
    pairs = [a + b for a in ALPHABET for b in ALPHABET if a < b]
    one, other = compute(rows(pairs)), compute(rows([pair[::-1] for pair in pairs]))
    assert (one != other).any(axis=1).all()
