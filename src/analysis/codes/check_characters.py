"""Check characters: ISO/IEC 7064:2003, system MOD 1271-36, two of 0-9 and A-Z after a text of the same characters.

Of the standard's systems for letters and digits, this one was taken because it finds every single wrong character and every
exchange of two neighbours, and still ends in letters and digits alone: MOD 37-2 finds them too but may end in ``*``, which
patterns use, and the single character of MOD 37,36 misses some exchanges.
"""

from __future__ import annotations

import numpy as np

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MODULUS, RADIX, LENGTH = 1271, 36, 2

NO_VALUE = 255
VALUES = np.full(256, NO_VALUE, dtype=np.uint8)
"""Value of each byte in the alphabet; `NO_VALUE` for all others."""
VALUES[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.arange(RADIX, dtype=np.uint8)
_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)


def compute(letters: np.ndarray) -> np.ndarray:
    """Check characters of texts of one length.

    Parameters
    ----------
    letters : array of uint8, one row a text, one column a position
        Bytes of `ALPHABET`.

    Returns
    -------
    array of uint8
        One row a text, two columns. By the standard's recursive method (section 8.2).
    """
    rest = np.zeros(len(letters), dtype=np.int64)
    for column in range(letters.shape[1]):
        rest = (rest + VALUES[letters[:, column]]) * RADIX % MODULUS
    check = (1 - rest * RADIX) % MODULUS
    return np.stack([_LETTERS[check // RADIX], _LETTERS[check % RADIX]], axis=1)


def is_valid(letters: np.ndarray) -> np.ndarray:
    """Whether the last two of each row are the check characters of those before."""
    return (compute(letters[:, :-LENGTH]) == letters[:, -LENGTH:]).all(axis=1)
