"""Colours by role. A chart is drawn in stand-in colours, which the SVG turns into CSS variables of the page."""

from __future__ import annotations

import unicodedata

ROLES = {
    "ink": ("#100001", "#1c2530"),
    "soft": ("#100002", "#566270"),
    "rule": ("#100003", "#dde2e8"),
    "axis": ("#100004", "#9aa5b1"),
    "paper": ("#100005", "#ffffff"),
    "s1": ("#200001", "#0068a8"),
    "s2": ("#200002", "#b84e00"),
    "s3": ("#200003", "#00785a"),
    "s4": ("#200004", "#a3437c"),
    "s5": ("#200005", "#856600"),
    "s6": ("#200006", "#5f6b7a"),
    "heat": ("#300001", "#0a5a94"),
    "cool": ("#300002", "#b5480f"),
    "onpale": ("#300003", "#000000"),
    "onmid": ("#300004", "#000000"),
    "ondeep": ("#300005", "#ffffff"),
}
"""Role -> (stand-in that matplotlib draws with, what it is in light mode). The page's CSS gives the dark ones."""

STAND_IN = {role: pair[0] for role, pair in ROLES.items()}
VARIABLE = {pair[0]: f"var(--{role},{pair[1]})" for role, pair in ROLES.items()}
TURNS = {"heat": (0.66, 0.80), "cool": (0.63, 0.88)}
"""Strength of a hue above which letters on it turn dark in dark mode, and light in light mode: both keep 4.5:1."""
SERIES = ("s1", "s2", "s3", "s4", "s5", "s6")
"""Safe for the colour-blind by lightness too (Okabe and Ito's hues, darkened to 4.5:1 on white)."""
DASHES: tuple[tuple[int, ...], ...] = ((), (5, 2), (1, 2), (7, 2, 1, 2), (3, 1), (2, 3))
"""Series differ by dash as well as by colour."""

WIDE, NARROW = 680, 350
"""Two drawings of each chart, in CSS pixels: for a page and for a phone."""
TEXT, SMALL = 12.0, 11.0
"""Sizes of letters in CSS pixels."""

_THIN = frozenset("ijltfrI.,:;'|!()[] -/")
_BROAD = frozenset("mwMW@%—<>=+~")


def is_wide(character: str) -> bool:
    """Whether a character takes one em: CJK, kana, hangul, full-width forms, most emoji."""
    return unicodedata.east_asian_width(character) in ("W", "F")


def measure(text: str, size: float = TEXT) -> float:
    """Width of `text` in CSS pixels under a system sans-serif font, rather too wide than too narrow."""
    ems = 0.0
    for character in text:
        if is_wide(character):
            ems += 1.0
        elif unicodedata.combining(character):
            ems += 0.0
        elif character in _THIN:
            ems += 0.37
        elif character in _BROAD:
            ems += 0.92
        else:
            ems += 0.72 if character.isupper() else 0.61
    return ems * size


def shorten(text: str, width: float, size: float = TEXT) -> str:
    """`text`, cut with an ellipsis where it is wider than `width` pixels."""
    if measure(text, size) <= width:
        return text
    while text and measure(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"
