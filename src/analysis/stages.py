"""How each derived table of a month is made: the one place that joins history, segments, forecast, churn and value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from analysis.contracts import Missing
    from analysis.metrics import Metric
    from analysis.month import Month
    from analysis.segments.clusters import Clusters
    from analysis.segments.schemes.rules import Rule


def build(name: str, month: Month) -> pd.DataFrame:
    """Derived table `name` (a key of `TABLES`) of `month`, from its ledger and parameters alone."""
    if name not in TABLES:
        raise KeyError(f"{name} is no derived table; known: {', '.join(TABLES)}")
    table = TABLES[name](month)
    _conserve(name, table, month)
    return table


def _conserve(name: str, table: pd.DataFrame, month: Month) -> None:
    """No stage loses or invents a customer or an amount; `ContractError` says which did."""
    from analysis.contracts.check import check_customers, check_total
    from analysis.history.orders import collect, order_days

    if name == "customers":
        days = order_days(month.ledger, month.as_of)
        revenue = collect(days.aggregate(revenue=days.amount.sum()))["revenue"].fillna(0.0)
        check_total(name, "spend_total", table["spend_total"].sum(), revenue.iloc[0])
    elif name in ("segments", "classes", "profiles", "codes"):
        check_customers(name, table, month.read("customers")["customer_id"])
    elif month.ledger.is_contractual and name in ("churn", "value"):
        check_customers(name, table, month.contracts["customer_id"])
    elif name != "spells" and not month.ledger.is_contractual:
        customers = month.read("customers")
        check_customers(name, table, customers.loc[customers["count_order_days"] > 0, "customer_id"])


def _customers(month: Month) -> pd.DataFrame:
    from analysis.history import build_customers

    return build_customers(month.ledger, month.as_of)


def _spells(month: Month) -> pd.DataFrame:
    from analysis.history import build_spells

    return build_spells(month.ledger, month.as_of)


def _segments(month: Month) -> pd.DataFrame:
    if month.ledger.is_contractual:
        from analysis.segments.contractual import build_contract_segments

        return build_contract_segments(month.read("customers"), month.contracts)
    from analysis.segments.clusters import add_clusters

    return add_clusters(month.segment(month.cutoffs), month.clusters, month.behaviour)


def name_clusters(base: Month) -> Clusters:
    """Clusters of the base month `base`, with the names of those of the base month before it that they continue."""
    from analysis.segments import base_period
    from analysis.segments.clusters import carry_names

    new, firsts = base.fitted_clusters, base.read("customers")["first_order_on"]
    before = base.at(base_period(base.period.previous, firsts, base.params))
    had_enough = (firsts <= pd.Timestamp(before.as_of)).sum() >= base.params.clusters.min_customers
    if new.model is None or before.period >= base.period or not had_enough:
        return new
    return carry_names(new, before.fitted_clusters, base.behaviour, base.params.clusters.match_overlap)


def _classes(month: Month) -> pd.DataFrame:
    from analysis.segments.schemes import build_classes

    home, is_contractual = month.config.home_country, month.ledger.is_contractual
    return build_classes(month.facts, month.voices, month.class_cutoffs, month.as_of, month.params, home, is_contractual)


def _profiles(month: Month) -> pd.DataFrame:
    from analysis.history.profiles import build_profiles

    return build_profiles(month.ledger, month.as_of, month.read("customers"), month.params.portraits.fresh_months)


def _scores(month: Month) -> pd.DataFrame:
    if month.ledger.is_contractual:
        from analysis.contracts import DERIVED

        return pd.DataFrame(
            {column.name: pd.Series(dtype="float64" if column.kind == "number" else "object") for column in DERIVED["scores"].columns}
        )
    from analysis.forecast import score

    return score(month.forecast, month.as_of, month.params.forecast)


def _churn(month: Month) -> pd.DataFrame:
    if month.ledger.is_contractual:
        return month.contract_churn
    from analysis.churn import build_churn

    watched, horizon = month.watch.of(str(month.period)), month.params.forecast.horizon_days
    return build_churn(month.read("spells"), month.lapse_limits, watched, month.as_of, horizon)


def list_watch(month: Month) -> pd.DataFrame:
    """The watch list as people work with it: see `churn.watch_list`; levels and reasons in words."""
    from analysis.churn import watch_list
    from analysis.churn.follow_up import read_contacts, read_names
    from analysis.report.words.catalogue import label_level

    churn, customers, scores = (month.read(name) for name in ("churn", "customers", "scores"))
    before = month.previous.forecast.predict(month.params.forecast.horizon_days)["p_order"] if month.previous.has_orders else None
    contacts, names = read_contacts(month.ledger, None, month.as_of), read_names(month.ledger, month.as_of)
    table = watch_list(churn, customers, scores, before=before, names=names, contacts=contacts)
    reasons = table["reasons"].map(lambda keys: "; ".join(label_level("reason", key) for key in keys.split("|")))
    return table.assign(reasons=reasons, warning=table["warning"].map(lambda level: label_level("warning", level)))


def follow_watch(month: Month) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How the list came from last month's (`churn.count_moves`) and what became of that (`churn.follow_up`); money of few blanked."""
    from analysis.churn.follow_up import count_moves, follow_up, read_contacts, read_orders
    from analysis.history.disclosure import hide_small
    from analysis.history.orders import survivors

    now, before, ledger = str(month.period), str(month.period.previous), month.ledger
    after, into, churn = month.period.previous.as_of, survivors(month.ledger, month.as_of), month.read("churn")
    orders = read_orders(ledger, after, month.as_of)
    moves = count_moves(month.watch, now, before, into, orders)
    lapsed, contacts = churn.loc[churn["is_lapsed"], "customer_id"], read_contacts(ledger, after, month.as_of)
    became, least = follow_up(month.watch.listed(before), into, lapsed, orders, contacts), month.params.report.min_cell
    moves["spend_at_risk"] = moves["spend_at_risk"].mask(moves["count_customers"].abs().between(1, least - 1))
    return moves, hide_small(became, "count_customers", ["revenue", "spend_at_risk"], least)


def _value(month: Month) -> pd.DataFrame:
    if month.ledger.is_contractual:
        return month.contract_value
    return month.value.table


def _codes(month: Month) -> pd.DataFrame:
    from analysis.codes import build_codes

    return build_codes(month.code_labels, month.codebook)


def label_codes(month: Month) -> pd.DataFrame:
    """What codes are made from, see `codes.labels.gather_labels`."""
    from analysis.codes import gather_labels
    from analysis.codes.needs import rank_urgency

    churn, ledger, params = month.read("churn"), month.ledger, month.params.codes
    if ledger.is_contractual:
        stays = churn[["customer_id", "is_lapsed"]].assign(p_stay=1 - churn["p_end"])
    else:
        p_order = month.read("scores").set_index("customer_id")["p_order"]
        stays = churn[["customer_id", "is_lapsed"]].assign(p_stay=churn["customer_id"].map(p_order))
    urgency = None if month.needs is None else rank_urgency(month.needs, params)
    classes, customers, segments = (month.read(name) for name in ("classes", "customers", "segments"))
    answers, orders = ledger.has("surveys", "score"), not ledger.is_contractual
    return gather_labels(classes, customers, segments, stays, urgency, params, has_answers=answers, has_orders=orders)


def outline_codes(month: Month) -> pd.DataFrame:
    """The source's codebook, one row a part: `codes.Codebook.outline` with `meanings`, every symbol of the part in words."""
    from analysis.report.words.catalogue import label_level

    symbols = month.codebook.tabulate(shared=False)
    words = symbols["symbol"] + " " + symbols["label"].map(lambda label: label_level("code_label", label))
    return month.codebook.outline().assign(meanings=lambda t: t["part"].map(words.groupby(symbols["part"]).agg("; ".join)))


def tell_scheme(month: Month) -> str:
    """How entered codes are read: as ``stated``, by the ``own`` codebook, ``unstated`` (no code fits it), or ``none`` are there."""
    from analysis.codes import validate

    if month.entered is None:
        return "none"
    if month.config.entered_code:
        return "stated"
    written = month.entered["entered_code"].dropna().drop_duplicates()
    return "own" if (validate(written, month.codebook) != "malformed").any() else "unstated"


def review_codes(month: Month, known: pd.DataFrame | None = None) -> pd.DataFrame | Missing:
    """Codes that people entered and that wait for review, see `codes.entered.review`; in `month.entered_book`'s scheme.

    `known` are labels of customers that stand in for the month's own.
    """
    from analysis.codes.entered import read_earlier, review
    from analysis.contracts import Missing

    if month.entered is None or tell_scheme(month) == "unstated":
        return Missing("customers", ("entered_code",), ("E18", "E19", "E20", "X12"))
    if known is None:
        classes = month.read("classes")
        is_plain = {part.column for part in month.entered_book.parts} <= {*month.entered.columns, *classes.columns}
        known = classes if is_plain else month.code_labels
    return review(month.entered, known, month.entered_book, read_earlier(month.ledger, month.as_of))


def list_reviews(month: Month) -> pd.DataFrame:
    """The review queue as people work with it; reasons and parts in words, empty where the source has no codes."""
    from analysis.codes.entered import COLUMNS
    from analysis.contracts import Missing
    from analysis.report.words.catalogue import label_level

    queue = month.code_queue
    if isinstance(queue, Missing):
        return pd.DataFrame(columns=list(COLUMNS))
    reasons, parts = (queue[name].map(lambda key, of=name: label_level(f"code_{of}", key)) for name in ("reason", "part"))
    return queue.assign(reason=reasons, part=parts)


def count_code_review(month: Month) -> pd.DataFrame | Missing:
    """The review queue by reason, beside last month's, see `codes.entered.count_review`.

    Where codes say only what rarely changes, last month's are held against this month's classes: those of last month would have to
    be made for it.
    """
    from analysis.codes.book import RARELY
    from analysis.codes.entered import count_review
    from analysis.contracts import Missing

    is_steady = all(part.changes == RARELY for part in month.entered_book.parts)
    before = review_codes(month.previous, month.read("classes") if is_steady else None)
    return count_review(month.code_queue, None if isinstance(before, Missing) else before, month.entered_book)


def build_metrics(month: Month) -> list[Metric]:
    """The summary's six indicators of `month`, each with its last twelve months where they cost no further model."""
    from analysis import metrics
    from analysis.history import monthly

    if month.ledger.is_contractual:
        return _contract_metrics(month)
    period, spells = month.period, month.read("spells")
    months = monthly(month.ledger, month.as_of)
    lapses = month.lapses
    recent = [period.shift(-back) for back in range(12, -1, -1)]
    previous = month.previous
    before = previous.equity if previous.has_orders else None
    return [
        metrics.from_months(months, "revenue", period, "money", "revenue"),
        metrics.from_months(lapses, "active_end", period, "count", "active_customers"),
        metrics.from_months(months, "count_new_buyers", period, "count", "new_customers"),
        metrics.from_rates(metrics.repurchase_rates(spells, recent), period, "repurchase_rate"),
        metrics.from_rates(lapses, period, "lapse_rate"),
        metrics.from_total(limit_equity(month), before, "customer_equity"),
    ]


def _contract_metrics(month: Month) -> list[Metric]:
    """The indicators of a company whose customers leave by ending contracts."""
    from analysis import metrics
    from analysis.churn.contract_flows import count_active
    from analysis.value.contractual import total_contracts

    period, contracts, churn, value = month.period, month.contracts, month.read("churn"), month.read("value")
    active = count_active(contracts, period)
    total, low, high = total_contracts(contracts, month.ends, month.params)
    equity = float(value["clv"].sum())
    ended = pd.DataFrame({"month": [str(period)], "numerator": [int(churn["is_lapsed"].sum())], "denominator": [len(churn)]})
    ends = churn["p_end"].dropna()
    spread = float((ends * (1 - ends)).sum()) ** 0.5
    expected = float(ends.sum())
    before = month.previous.contracts
    previous = total_contracts(before, month.previous.ends, month.params)[0] if len(before) else None
    return [
        metrics.from_months(active, "count_contracts", period, "count", "active_contracts"),
        metrics.from_months(active, "fees", period, "money", "recurring_revenue"),
        metrics.from_rates(ended, period, "ended_share"),
        metrics.Metric("expected_ends", expected, None, "count", low=max(expected - _Z * spread, 0.0), high=expected + _Z * spread),
        metrics.Metric("value_at_risk", float(value["value_at_risk"].sum()), None, "money"),
        metrics.from_total((equity, low - total + equity, high - total + equity), previous, "contract_equity"),
    ]


_Z = 1.2815515655446004
"""Half width, in standard deviations, of a central interval of 80 %."""


def compare_segments(month: Month, column: str = "rfm_segment") -> pd.DataFrame:
    """Classes of `month` beside those of the month before, see `segments.summary.compare`."""
    from analysis.segments.summary import by_segment, compare

    now, before = (by_segment(m.read("segments"), m.read("customers"), column) for m in (month, month.previous))
    return compare(now, before)


def read_truth(month: Month) -> pd.DataFrame | None:
    """Buyers' classes beside the truth of a simulated company, see `segments.recovery.lay_beside`; None where there is no truth."""
    import pandas as pd

    from analysis.segments.recovery import lay_beside

    path = month.folder / "truth" / "customers.csv"
    if not path.is_file():
        return None
    truth = pd.read_csv(path, usecols=["customer_id", "true_segment", "true_type", "left_on"], dtype=str)
    segments, classes = month.read("segments"), month.read("classes")
    both = segments[["customer_id", "cluster", "tier", "rfm_segment", "lifecycle_stage"]].merge(
        classes[["customer_id", "value_profit", "customer_type"]], on="customer_id", validate="one_to_one"
    )
    return lay_beside(both[both["lifecycle_stage"] != "prospect"], truth, pd.Timestamp(month.as_of))


def confuse_truth(month: Month, beside: pd.DataFrame) -> pd.DataFrame:
    """Classes against true kinds, see `segments.recovery.confuse`; classes in words."""
    from analysis.report.words.catalogue import label_level
    from analysis.segments.recovery import confuse

    table = confuse(beside, month.params.report.min_cell)
    return table.assign(**{"class": [label_level(scheme, label) for scheme, label in zip(table["scheme"], table["class"], strict=True)]})


def tell_class_rules(month: Month, family: str) -> list[Rule]:
    """Rules, with their cut-offs, of a family of schemes; see `segments.schemes.rules`."""
    from analysis.segments.schemes.rules import tell_rules

    return tell_rules(family, month.read("classes"), month.class_cutoffs, month.cutoffs, month.params, month.as_of.year)


def concentrate_profit(month: Month) -> pd.DataFrame | Missing:
    """Pareto curve of profit so far; losses count as zero."""
    from analysis.contracts import Missing
    from analysis.value.concentration import draw_concentration

    profit = month.facts["profit_total"].dropna().clip(lower=0).to_numpy()
    if not (profit > 0).any():
        return Missing("order_lines", ("unit_cost",), ("C1",))
    return draw_concentration(profit, min_cell=month.params.report.min_cell)


def mix_channels(month: Month) -> pd.DataFrame | Missing | None:
    """Orders by channel in the last twelve months and in those before; see `segments.schemes.tables.shift_channels`."""
    from analysis.contracts import Missing
    from analysis.history.traits import count_channels
    from analysis.segments.schemes.tables import shift_channels

    if not month.ledger.has("order_lines", "channel"):
        return Missing("order_lines", ("channel",), ("C6",))
    middle, since = (month.period.shift(-back).as_of for back in (12, 24))
    return shift_channels(count_channels(month.ledger, month.as_of, middle, since), month.params.report.min_cell)


def list_transitions(month: Month) -> pd.DataFrame:
    """Changes of stage since last month with the rule that fired; money of few blanked."""
    from analysis.history.disclosure import hide_small
    from analysis.segments.schemes.stages import find_transitions

    found = find_transitions(month.previous.read("segments"), month.facts)
    return hide_small(found, "count_customers", ["revenue"], month.params.report.min_cell)


def headline_movement(month: Month) -> dict[str, float]:
    """Numbers of the chapter on movement, see `segments.movement.headline`; none of a contractual source."""
    from analysis.segments.movement import headline, with_spend

    if month.ledger.is_contractual:
        return {}
    now, before = (with_spend(m.read("segments"), m.read("customers")) for m in (month, month.previous))
    return headline(before, now)


def list_borderline(month: Month) -> pd.DataFrame:
    """The list of customers on a border as people work with it, see `segments.flips.list_borderline`; classes in words."""
    from analysis.report.words.catalogue import label_level
    from analysis.segments.flips import list_borderline as choose

    rows = choose(month.flips, month.params.movement.borderline)
    for column in ("class", "other_class"):
        rows[column] = [label_level(scheme, label) for scheme, label in zip(rows["scheme"], rows[column], strict=True)]
    return rows.assign(scheme=[label_level("scheme", scheme) for scheme in rows["scheme"]])


def count_watch(month: Month) -> dict[str, float]:
    """Numbers of the month's watch list: `count` of customers, `urgent` ones, and their `spend` at risk."""
    churn = month.read("churn")
    warned = churn[churn["warning"].notna()]
    return {
        "count": len(warned),
        "urgent": int((warned["warning"] == "urgent").sum()),
        "spend": float(warned["spend_at_risk"].sum()),
    }


def bridge_equity(month: Month) -> pd.DataFrame:
    """The value bridge of `month`, see `value.build_bridge`; last month is replayed."""
    from analysis.churn.lapse import label_lapsed
    from analysis.history import survivors
    from analysis.history.past import read_past
    from analysis.value import Standing, build_bridge
    from analysis.value.margin import find_margin

    def stand(at: Month) -> Standing:
        return Standing(at.as_of, at.forecast, find_margin(at.read("customers"), at.params.value, at.margins))

    before = month.previous
    ids, ids_now = (survivors(month.ledger, day) for day in (before.as_of, month.as_of))
    past, merged = (month.past, None) if ids == ids_now else (read_past(month.ledger, month.as_of, ids), month.past)
    labels = label_lapsed(before.read("spells"), before.lapse_limits, before.as_of)
    lapsed = set(labels.loc[labels["is_lapsed"], "customer_id"])
    return build_bridge(stand(before), stand(month), past, lapsed, month.params, merged=merged)


def limit_equity(month: Month) -> tuple[float, float, float]:
    """Sum of CLV with the interval of the company's spend over the same months, in proportion."""
    from statistics import NormalDist

    from analysis.value.survival_expectation import month_days

    equity = month.equity
    days = int(month_days(month.as_of, month.params.value.clv_months)[-1])
    z = NormalDist().inv_cdf(0.5 + month.params.forecast.interval / 2)
    spend = month.forecast.totals(days, z).set_index("total").loc["spend"]
    return equity, equity * float(spend["low"] / spend["expected"]), equity * float(spend["high"] / spend["expected"])


TABLES: dict[str, Callable[[Month], pd.DataFrame]] = {
    "customers": _customers,
    "spells": _spells,
    "segments": _segments,
    "classes": _classes,
    "profiles": _profiles,
    "scores": _scores,
    "churn": _churn,
    "value": _value,
    "codes": _codes,
}
"""Makers by table, in the order in which they need each other."""
