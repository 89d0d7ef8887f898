"""Products that the same customers keep more often than by chance, and what to offer who keeps a single one (requirement D6)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.history.pairs import Holdings
from analysis.params import ClassParams

ROUNDS = 60
LEVEL = 0.95
OFFER = ("customer_id", "product", "offer", "share_keep", "lift", "lift_low", "lift_high")


def weigh_pairs(holdings: Holdings, params: ClassParams) -> pd.DataFrame:
    """The lift of every pair of products that enough customers keep.

    A pair's expected number is that of customers who choose as many products as they do, each as popular as it is among customers
    who choose as many (quasi-independence, with nobody pairing a product with itself; Goodman 1968, JASA 63:1091-1131): who buys
    much of everything makes no pair. Over all pairs of a stratum, and over all pairs of a product within it, what is expected
    is what was seen. `lift` is seen over expected; its interval and the chance of so many are those of a Poisson count, which is
    more than a count of customers with fixed totals varies. The chance is corrected for all pairs of the products looked at,
    those without any customer included (Bonferroni): a pair stands out where it is below `classes.pair_level`.

    Returns
    -------
    DataFrame
        One row a pair that at least `classes.pair_customers` customers keep, the highest lower limit of the lift first: `first,
        second` (ids), `count_customers`, `expected`, `lift, lift_low, lift_high` (95 %), `p_adjusted`, `share_together` (of these
        customers, who had both in one order), `is_distinct`.
    """
    from scipy.special import gammainc, gammaincinv

    ids = list(holdings.products["product_id"])
    expected = expect_pairs(holdings)
    place = {product: number for number, product in enumerate(ids)}
    table = holdings.pairs[holdings.pairs["count_customers"] >= params.pair_customers]
    seen = table["count_customers"].to_numpy(dtype=float)
    mean = expected[table["first"].map(place).to_numpy(dtype=int), table["second"].map(place).to_numpy(dtype=int)]
    tests = max(len(ids) * (len(ids) - 1) // 2, 1)
    chance = np.minimum(gammainc(seen, mean) * tests, 1.0)  # of a Poisson count of at least `seen`
    tail = (1 - LEVEL) / 2
    table = table.assign(
        expected=mean,
        lift=seen / mean,
        lift_low=gammaincinv(seen, tail) / mean,
        lift_high=gammaincinv(seen + 1, 1 - tail) / mean,
        p_adjusted=chance,
        share_together=table["count_together"] / seen,
        is_distinct=chance < params.pair_level,
    ).drop(columns="count_together")
    return table.sort_values(["lift_low", "first", "second"], ascending=[False, True, True], ignore_index=True)


def expect_pairs(holdings: Holdings) -> np.ndarray:
    """Expected number of customers with each pair of `holdings.products`, a square with an empty diagonal, see `weigh_pairs`.

    In each stratum the square is the product of weights, one a product, whose row sums are the pairs that the product was seen in;
    the weights are found by turns (iterative proportional fitting).
    """
    ids = list(holdings.products["product_id"])
    found = np.zeros((len(ids), len(ids)))
    wide = holdings.partners.pivot_table(index="stratum", columns="product_id", values="count_partners", fill_value=0)
    for rows in wide.reindex(columns=ids, fill_value=0).to_numpy(dtype=float):
        weights = rows / max(np.sqrt(rows.sum()), 1e-12)
        for _ in range(ROUNDS):
            rest = weights.sum() - weights
            # the square root keeps two products that fill each other's rows from swinging to and fro
            weights = np.sqrt(weights * np.divide(rows, rest, out=np.zeros_like(rows), where=rest > 0))
        found += np.outer(weights, weights)
    np.fill_diagonal(found, 0.0)
    return found


def choose_offers(pairs: pd.DataFrame, holdings: Holdings) -> pd.DataFrame:
    """What to offer customers who keep a single product: of the products that stand out beside it, the one that most keep with it.

    Returns
    -------
    DataFrame
        One row a customer with an offer, sorted by product, then customer: `customer_id, product, offer` (names), `share_keep`
        (of those who keep the product and any other looked at, who keep the one offered too), `lift, lift_low, lift_high` of the pair.
    """
    known = pairs[pairs["is_distinct"]]
    swapped = known.rename(columns={"first": "second", "second": "first"})
    both = pd.concat([known, swapped], ignore_index=True)
    owners = holdings.partners.groupby("product_id")["count_customers"].sum()
    both["share_keep"] = both["count_customers"] / both["first"].map(owners)
    best = both.sort_values(["first", "share_keep", "second"], ascending=[True, False, True]).drop_duplicates("first")
    names = holdings.products.set_index("product_id")["name"]
    rows = holdings.single.merge(best, left_on="product_id", right_on="first", how="inner", validate="many_to_one")
    rows = rows.sort_values(["first", "customer_id"], ignore_index=True)
    rows = rows.assign(product=rows["first"].map(names), offer=rows["second"].map(names))
    return rows[list(OFFER)]


def count_offers(offers: pd.DataFrame, holdings: Holdings) -> dict[str, int]:
    """`single` customers (who keep one product), of them `offered` something, and the number of `products` looked at."""
    return {"single": len(holdings.single), "offered": len(offers), "products": len(holdings.products)}
