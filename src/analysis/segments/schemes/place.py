"""Where customers are: home or abroad, two schemes of China's regions, and the tier of the city."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from analysis.segments.schemes.scheme import UNKNOWN

CHINA = "china"
OUTSIDE, NOT_LISTED = "outside", "not_listed"
TIERS = ("tier_1", "new_tier_1", "tier_2", "tier_3")

_ENDINGS = (
    "维吾尔自治区",
    "特别行政区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "省",
    "市",
    "autonomousregion",
    "province",
    "municipality",
    "city",
)
_APART = re.compile(r"[\s.,'’`·()-]+")


@dataclass(frozen=True)
class Gazetteer:
    """Names of places by how they are compared (`plain`).

    `provinces`: spelling -> province; `four`, `nbs`: province -> region; `cities`: spelling -> its cities as (province, city),
    several where two share a spelling; `countries`: spelling -> the first spelling of its group.
    """

    provinces: dict[str, str]
    four: dict[str, str]
    nbs: dict[str, str]
    cities: dict[str, tuple[tuple[str, str], ...]]
    countries: dict[str, str]


def plain(name: str) -> str:
    """How a name is compared: lower case, no accents, no spaces or points, no ending such as 省 or "province"."""
    text = "".join(c for c in unicodedata.normalize("NFKD", str(name)) if not unicodedata.combining(c))
    text = _APART.sub("", text.lower()).removeprefix("the")
    for ending in _ENDINGS:
        if text.endswith(ending) and len(text) > len(ending) + 1:
            return text.removesuffix(ending)
    return text


@cache
def load_places() -> Gazetteer:
    """The lists of ``places.toml``."""
    lists = _load("places.toml")
    provinces = {plain(name): name for name in lists["provinces"]}
    provinces |= {plain(spelt): name for name, part in lists["provinces"].items() for spelt in part["spelt"]}
    cities: dict[str, list[tuple[str, str]]] = {}
    for province, part in lists["cities"].items():
        for city, spelt in part.items():
            for name in (plain(city), plain(spelt)):
                cities.setdefault(name, []).append((province, city))
    countries = {plain(name): group[0] for group in lists["countries"]["groups"] for name in group}
    four, nbs = ({name: part[scheme] for name, part in lists["provinces"].items()} for scheme in ("four", "nbs"))
    return Gazetteer(provinces, four, nbs, {name: tuple(found) for name, found in cities.items()}, countries)


@cache
def load_tiers(year: int) -> tuple[str, str, dict[str, str]]:
    """Year and source of the list that a report of `year` uses, and the tier of each city on it.

    The newest list whose year is not after `year`; before the first one, the first one.
    """
    lists = _load("city_tiers.toml")
    stamps = sorted(lists, key=int)
    stamp = max((s for s in stamps if int(s) <= year), default=stamps[0], key=int)
    return stamp, lists[stamp]["source"], {city: tier for tier in TIERS for city in lists[stamp][tier]}


def classify(facts: pd.DataFrame, home_country: str, year: int) -> dict[str, np.ndarray]:
    """`origin`, `region4`, `region_nbs` and `city_tier` of every customer.

    The province is read from the region, else from the city where its name is one province's alone. Who is known to live
    outside China is ``outside`` of regions and tiers; a city of China that is on no list (a smaller one, or a misspelt one) is
    ``not_listed``. A customer without a country counts as Chinese where the province is.
    """
    keys = facts[["country", "region", "city"]].astype(object)
    keys = keys.where(keys.notna(), "")
    places = keys.drop_duplicates()
    # each combination of names is looked up once, however many customers live there
    found = pd.DataFrame(
        [_locate(row.country, row.region, row.city, home_country, year) for row in places.itertuples()], index=places.index
    )
    columns = ["origin", "region4", "region_nbs", "city_tier"]
    table = keys.merge(pd.concat([places, found.set_axis(columns, axis=1)], axis=1), how="left", on=list(keys))
    return {name: table[name].to_numpy(dtype=object) for name in columns}


def tabulate_provinces(schemes: Iterable[str] = ("region4", "region_nbs")) -> pd.DataFrame:
    """Which provinces each region holds (requirement D10), for the regions of `schemes`.

    One row a region: `scheme, class, count_provinces, provinces` (names, in the list's order).
    """
    listed = _load("places.toml")["provinces"]
    rows = []
    for scheme, key in (("region4", "four"), ("region_nbs", "nbs")):
        if scheme not in schemes:
            continue
        for region in dict.fromkeys(part[key] for part in listed.values()):
            names = [f"{part['spelt'][0]} {name}" for name, part in listed.items() if part[key] == region]
            rows.append((scheme, region, len(names), ", ".join(names)))
    return pd.DataFrame(rows, columns=["scheme", "class", "count_provinces", "provinces"])


def find_country(name: str) -> str:
    """A country's name as it is compared; empty for none."""
    return load_places().countries.get(plain(name), plain(name)) if name else ""


def find_province(region: str, city: str = "") -> str:
    """The province of China that is meant; empty where none is."""
    places = load_places()
    if known := places.provinces.get(plain(region)):
        return known
    homes = {province for province, _ in places.cities.get(plain(city), ())} if not region else set()
    return homes.pop() if len(homes) == 1 else ""


def find_city(city: str, province: str) -> str:
    """The city of the list that is meant, in Chinese; empty where it is on none, or its spelling fits several."""
    named = [found for home, found in load_places().cities.get(plain(city), ()) if not province or home == province]
    return named[0] if len(set(named)) == 1 else ""


def _locate(country: str, region: str, city: str, home_country: str, year: int) -> tuple[str, str, str, str]:
    places, nation = load_places(), find_country(country)
    if part := places.provinces.get(nation):
        # a part of China that the source names as a country, as Hong Kong often is
        nation, region = CHINA, region if find_province(region) else part
    province = find_province(region, city) if nation in ("", CHINA) else ""
    nation = nation or (CHINA if province else "")
    origin = UNKNOWN if not nation else "domestic" if nation == find_country(home_country) else "foreign"
    if nation not in ("", CHINA):
        return origin, OUTSIDE, OUTSIDE, OUTSIDE
    regions = (places.four[province], places.nbs[province]) if province else (UNKNOWN, UNKNOWN)
    if not city or not nation:
        return origin, *regions, UNKNOWN
    return origin, *regions, load_tiers(year)[2].get(find_city(city, province), NOT_LISTED)


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("analysis.segments.schemes").joinpath(name).read_text(encoding="utf-8"))
