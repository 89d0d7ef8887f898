"""Pairs of products: what is expected adds up to what is seen, chance makes no pair, a planted one is found."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.history.pairs import Holdings
from analysis.params import load_params
from analysis.segments.schemes.pairs import choose_offers, count_offers, expect_pairs, weigh_pairs

PARAMS = load_params({"classes": {"pair_customers": 5}}).classes


def hold(baskets: list[list[str]], together: set[tuple[str, str]] = frozenset()) -> Holdings:
    """Holdings of customers who keep `baskets`."""
    kept = pd.DataFrame([(f"c{n:04d}", item, len(basket)) for n, basket in enumerate(baskets) for item in basket])
    kept = kept.set_axis(["customer_id", "product_id", "breadth"], axis=1)
    counts = kept["product_id"].value_counts().rename("count_customers").reset_index()
    products = counts.sort_values(["count_customers", "product_id"], ascending=[False, True], ignore_index=True)
    wide = kept[kept["breadth"] > 1].assign(
        stratum=lambda t: np.floor(2 * np.log2(t["breadth"])), count_partners=lambda t: t["breadth"] - 1
    )
    partners = wide.groupby(["stratum", "product_id"]).agg(count_customers=("breadth", "size"), count_partners=("count_partners", "sum"))
    found = [pair for basket in baskets for pair in combinations(sorted(basket), 2)]
    pairs = pd.DataFrame(found, columns=["first", "second"]).value_counts(sort=False).rename("count_customers").reset_index()
    is_together = [pair in together for pair in zip(pairs["first"], pairs["second"], strict=True)]
    single = kept.loc[kept["breadth"] == 1, ["customer_id", "product_id"]].reset_index(drop=True)
    return Holdings(
        products.assign(name=products["product_id"].str.upper()),
        partners.reset_index(),
        pairs.assign(count_together=pairs["count_customers"].where(is_together, 0)),
        single,
    )


def draw(seed: int, customers: int = 600, products: int = 15) -> list[list[str]]:
    """Baskets of different size, by popularity alone."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, products + 1)
    names = np.array([f"p{number:02d}" for number in range(products)])
    sizes = np.minimum(1 + rng.geometric(0.35, customers), 9)
    return [list(rng.choice(names, size, replace=False, p=weights / weights.sum())) for size in sizes]


baskets_drawn = st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=6).map(sorted), min_size=2, max_size=40)


@settings(max_examples=40, deadline=None)
@given(baskets_drawn.filter(lambda baskets: any(len(basket) > 1 for basket in baskets)))
def test_the_pairs_that_are_expected_are_as_many_as_those_seen(baskets):
    holdings = hold(baskets)
    expected = expect_pairs(holdings)
    assert (expected >= 0).all()
    assert np.diag(expected).sum() == 0
    assert expected.sum() / 2 == pytest.approx(holdings.pairs["count_customers"].sum(), rel=0.02)


def test_each_product_is_expected_in_as_many_pairs_as_it_is_seen_in():
    holdings = hold(draw(1))
    seen = holdings.partners.groupby("product_id")["count_partners"].sum().reindex(holdings.products["product_id"])
    assert expect_pairs(holdings).sum(axis=1) == pytest.approx(seen.to_numpy(), rel=1e-6)


def test_popularity_and_large_baskets_alone_make_no_pair():
    assert not any(weigh_pairs(hold(draw(seed)), PARAMS)["is_distinct"].any() for seed in range(8))


def test_two_products_that_belong_together_stand_out_alone():
    baskets = [basket if n % 4 or len(basket) > 2 else ["p07", "p11"] for n, basket in enumerate(draw(2))]
    table = weigh_pairs(hold(baskets, {("p07", "p11")}), PARAMS)
    assert table.loc[table["is_distinct"], ["first", "second"]].to_numpy().tolist() == [["p07", "p11"]]
    best = table.iloc[0]
    assert 1 < best["lift_low"] < best["lift"] < best["lift_high"]
    assert best["share_together"] == 1


def test_a_pair_of_fewer_customers_than_asked_is_not_shown():
    baskets = [["a", "b"]] * 4 + [["a", "c"]] * 5 + [["b", "c"]] * 6
    assert weigh_pairs(hold(baskets), PARAMS)[["first", "second"]].to_numpy().tolist() == [["b", "c"], ["a", "c"]]


def test_who_keeps_one_product_is_offered_what_most_keep_with_it():
    baskets = [["a", "b"]] * 60 + [["c", "d"]] * 60 + [["a", "c"]] * 2 + [["b", "d"]] * 2 + [["a"], ["d"], ["e"]]
    holdings = hold(baskets)
    offers = choose_offers(weigh_pairs(holdings, PARAMS), holdings)
    assert offers[["product", "offer"]].to_numpy().tolist() == [["A", "B"], ["D", "C"]]
    assert offers["share_keep"].tolist() == pytest.approx([60 / 62, 60 / 62])
    assert count_offers(offers, holdings) == {"single": 3, "offered": 2, "products": 5}


def test_without_a_pair_there_is_nothing_to_offer():
    holdings = hold([["a"], ["b"]] * 10)
    pairs = weigh_pairs(holdings, PARAMS)
    assert pairs.empty
    assert choose_offers(pairs, holdings).empty
