"""Places in Chinese and English, whole and short, and what is not recognised."""

import tomllib
from importlib import resources

import pytest

from analysis.segments.schemes import place
from scheme_facts import make_facts


def located(country=None, region=None, city=None, home="China", year=2026):
    found = place.classify(make_facts(country=[country], region=[region], city=[city]), home, year)
    return tuple(found[name][0] for name in ("origin", "region4", "region_nbs", "city_tier"))


@pytest.mark.parametrize("region", ["浙江", "浙江省", "Zhejiang", "ZHEJIANG Province", " zhejiang "])
def test_a_province_is_known_by_all_its_spellings(region):
    assert located("China", region)[1:3] == ("east", "east")


@pytest.mark.parametrize(("region", "province"), [
                         ("Shanxi", "山西"), ("Shaanxi", "陕西"), ("内蒙古自治区", "内蒙古"),

                         ("广西壮族自治区", "广西"),
                         ("新疆维吾尔自治区", "新疆"), ("Inner Mongolia", "内蒙古"), ("北京市", "北京")])  # fmt: skip
def test_provinces_that_are_easily_mixed_up(region, province):
    assert place.find_province(region) == province


@pytest.mark.parametrize(("city", "region", "tier"), [
    ("上海", "上海", "tier_1"), ("上海市", None, "tier_1"), ("Xi'an", "陕西", "new_tier_1"), ("Suzhou", "江苏", "new_tier_1"),
    ("Suzhou", "安徽", "tier_3"), ("Taizhou", "Zhejiang", "tier_2"), ("Taizhou", "Jiangsu", "tier_3"),
    ("Fuzhou", "江西", "not_listed"),
    ("Suzhou", None, "not_listed"), ("Smallville", "浙江", "not_listed"), (None, "浙江", "unknown"), ("", "浙江", "unknown"),
])  # fmt: skip
def test_the_tier_of_a_city(city, region, tier):
    assert located("China", region, city)[3] == tier


def test_the_province_is_read_from_a_city_of_one_province_only():
    assert located("China", None, "成都")[1:3] == ("west", "west")
    assert located("China", None, "Suzhou")[1:3] == ("unknown", "unknown")


def test_a_region_that_is_not_known_is_not_filled_from_the_city():
    assert located("China", "Atlantis", "成都")[1] == "unknown"


@pytest.mark.parametrize(("country", "home", "origin"), [
    ("中国", "China", "domestic"), ("P.R. China", "China", "domestic"), ("CN", "中国", "domestic"), ("Germany", "China", "foreign"),
    ("UK", "United Kingdom", "domestic"),
    ("The Netherlands", "holland", "domestic"), (None, "China", "unknown"), ("China", "UK", "foreign"),
])  # fmt: skip
def test_home_and_abroad(country, home, origin):
    assert located(country, home=home)[0] == origin


def test_whoever_lives_abroad_is_outside_of_regions_and_tiers():
    assert located("Germany", "Bavaria", "München") == ("foreign", "outside", "outside", "outside")


def test_a_customer_without_a_country_is_where_the_province_is():
    assert located(None, "广东", "深圳") == ("domestic", "south", "east", "tier_1")


def test_a_part_of_china_that_is_named_as_a_country():
    assert located("Hong Kong") == ("domestic", "south", "outside_list", "unknown")


@pytest.mark.parametrize(("year", "stamp"), [(2020, "2025"), (2025, "2025"), (2031, "2025")])
def test_the_list_of_tiers_is_the_newest_that_was_known(year, stamp):
    assert place.load_tiers(year)[0] == stamp


def test_the_newest_list_of_several_is_not_used_before_its_year(monkeypatch):
    part = {"source": "s", "tier_1": [], "new_tier_1": [], "tier_2": [], "tier_3": []}
    monkeypatch.setattr(place, "_load", lambda name: {"2025": part, "2027": part})
    assert [place.load_tiers.__wrapped__(year)[0] for year in (2024, 2026, 2027, 2030)] == ["2025", "2025", "2027", "2027"]


def test_the_lists_are_whole():
    lists = tomllib.loads(resources.files("analysis.segments.schemes").joinpath("places.toml").read_text(encoding="utf-8"))
    assert len(lists["provinces"]) == 34
    tiers = place.load_tiers(2025)[2]
    assert [list(tiers.values()).count(tier) for tier in place.TIERS] == [4, 15, 30, 70]
    assert {city for part in lists["cities"].values() for city in part} == set(tiers)
    regions = [part["nbs"] for part in lists["provinces"].values()]
    assert [regions.count(name) for name in ("east", "central", "west", "northeast", "outside_list")] == [10, 6, 12, 3, 3]


def test_each_scheme_of_regions_names_every_province_once():
    table = place.tabulate_provinces()
    assert table.groupby("scheme")["count_provinces"].sum().to_dict() == {"region4": 34, "region_nbs": 34}
    assert (
        table.set_index(["scheme", "class"]).loc[("region_nbs", "northeast"), "provinces"]
        == "Liaoning 辽宁, Jilin 吉林, Heilongjiang 黑龙江"
    )
