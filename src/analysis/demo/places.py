"""Where the customers live, and what they are called: the lists of places.toml."""

from __future__ import annotations

import tomllib
from importlib import resources

from analysis.demo.company import HOME_COUNTRY, SCRIPT

_LISTS = tomllib.loads(resources.files("analysis.demo").joinpath("places.toml").read_text(encoding="utf-8"))
_CHINA = [(city, province, HOME_COUNTRY, weight, 86) for province, cities in _LISTS["china"].items() for city, weight in cities]

CITIES: list[tuple[str, str, str, float, int]] = [
    *_CHINA,
    *(tuple(city) for city in _LISTS["abroad"]["cities"]),
    (SCRIPT, "浙江", HOME_COUNTRY, 0.0, 86),
]
"""City, region, country, weight among the cities of its country group, dialling code. The last has a name that a page must escape."""
COUNT_CHINA = len(_CHINA)
ABROAD_SHARE = 0.14

NAMES: dict[str, list[str]] = {
    name: [entry[0] if isinstance(entry, list) else entry for entry in entries] for name, entries in _LISTS["names"].items()
}
"""Parts of names and addresses, as they are written."""
SPELT: dict[str, list[str]] = {
    name: [entry[1] if isinstance(entry, list) else entry for entry in entries] for name, entries in _LISTS["names"].items()
}
"""The same parts in Latin letters; of trades, the industry."""
WORDS: dict[str, list[str]] = _LISTS["words"]
"""Occupations, interests, tags."""
