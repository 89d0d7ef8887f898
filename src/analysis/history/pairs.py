"""Which products the same customers keep, as known on a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.history.orders import collect, movements, survivors

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger


@dataclass(frozen=True)
class Holdings:
    """What customers keep, of the products that are looked at; a product is kept where more of it was paid for than was sent back.

    Attributes
    ----------
    products : DataFrame
        One row a product, the most kept first: `product_id, name` (the id where it has none), `count_customers`.
    partners : DataFrame
        One row a stratum of customers who keep about as many products, and a product: `stratum` (half octaves of the number),
        `product_id`, `count_customers` who keep it among others, `count_partners`: how many others these keep beside it, in all.
    pairs : DataFrame
        One row two products that a customer keeps both of: `first, second` (ids; `first` sorts before), `count_customers`, and of
        these `count_together`, who had both in one order.
    single : DataFrame
        One row a customer who keeps exactly one product of all: `customer_id, product_id`.
    """

    products: pd.DataFrame
    partners: pd.DataFrame
    pairs: pd.DataFrame
    single: pd.DataFrame


def read_holdings(ledger: Ledger, as_of: date, most: int, least: int) -> Holdings | None:
    """Count what customers keep by the end of `as_of` (inclusive); None where order lines name no products.

    Parameters
    ----------
    most : int
        So many products, those that the most customers keep, are looked at.
    least : int
        Of these, none that fewer customers keep.
    """
    if not ledger.has("order_lines", "product_id"):
        return None
    lines = movements(ledger, as_of, survivors(ledger, as_of))
    lines = lines.filter(lines.customer_id.notnull())
    bought = lines.group_by(["customer_id", "ordered_on", "order_id", "product_id"]).aggregate(net=lines.amount.sum()).cache()
    days = bought.group_by(["customer_id", "ordered_on"]).aggregate(net=bought.net.sum())
    sold = bought.semi_join(days.filter(days.net > 0), ["customer_id", "ordered_on"]).filter(lambda t: t.product_id.notnull())
    kept = sold.group_by(["customer_id", "product_id"]).aggregate(net=sold.net.sum())
    kept = kept.filter(kept.net > 0).select("customer_id", "product_id").cache()

    counts = kept.group_by("product_id").aggregate(count_customers=kept.count())
    chosen = counts.filter(counts.count_customers >= least).order_by([counts.count_customers.desc(), "product_id"]).limit(most).cache()
    held = kept.semi_join(chosen, "product_id").cache()
    breadth = held.group_by("customer_id").aggregate(breadth=held.count())
    strata = breadth.filter(breadth.breadth > 1).mutate(stratum=(breadth.breadth.log2() * 2).floor())
    wide = held.inner_join(strata, "customer_id")
    partners = wide.group_by(["stratum", "product_id"]).aggregate(count_customers=wide.count(), count_partners=(wide.breadth - 1).sum())
    alone = kept.group_by("customer_id").aggregate(count_products=kept.count(), product_id=kept.product_id.min())
    single = alone.filter(alone.count_products == 1).select("customer_id", "product_id")
    orders = bought.filter(bought.net > 0).semi_join(held, ["customer_id", "product_id"])
    both = _pair(held, ["customer_id"]).aggregate(count_customers=lambda t: t.count())
    together = _pair(orders, ["customer_id", "order_id"]).aggregate(count_together=lambda t: t.customer_id.nunique())
    frame = collect(both.order_by(["first", "second"])).merge(collect(together), on=["first", "second"], how="left", validate="one_to_one")
    return Holdings(
        products=_name(collect(chosen.order_by([chosen.count_customers.desc(), "product_id"])), ledger),
        partners=collect(partners.order_by(["stratum", "product_id"])),
        pairs=frame.assign(count_together=frame["count_together"].fillna(0).astype("int64")),
        single=collect(single.order_by("customer_id")),
    )


def _pair(rows: ir.Table, keys: list[str]) -> ir.GroupedTable:
    """Two products of the same `keys`, each pair once, grouped by the two."""
    rows = rows.select(*keys, "product_id").distinct()
    one, other = rows.rename(first="product_id"), rows.view().rename(second="product_id")
    return one.inner_join(other, keys).filter(lambda t: t["first"] < t["second"]).group_by(["first", "second"])


def _name(products: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    if not ledger.has("products", "name"):
        return products.assign(name=products["product_id"])
    names = collect(ledger.read("products").select("product_id", "name")).drop_duplicates("product_id").set_index("product_id")["name"]
    return products.assign(name=products["product_id"].map(names).fillna(products["product_id"]))
