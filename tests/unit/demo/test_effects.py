"""The joined-up behaviour that the analysis is to find."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def lines(clean):
    lines = clean["order_lines"].astype({"quantity": int, "unit_price": float, "discount": float})
    return lines.assign(ordered_at=pd.to_datetime(lines["ordered_at"]), month=lines["ordered_at"].str[:7])


@pytest.fixture(scope="module")
def orders(lines):
    sales = lines[(lines["quantity"] > 0) & lines["customer_id"].ne("")]
    return sales.groupby(["customer_id", "order_id"], as_index=False)["ordered_at"].min().sort_values(["customer_id", "ordered_at"])


@pytest.fixture(scope="module")
def people(clean, orders):
    """One row a buyer: truth, first order, day of leaving (the last day of the data for those who stay), days between."""
    people = clean.truth.set_index("customer_id").join(orders.groupby("customer_id")["ordered_at"].min().rename("first"), how="inner")
    people = people.assign(left=pd.to_datetime(people["left_on"].replace("", None)))
    return people.assign(days=(people["left"].fillna(pd.Timestamp("2026-10-31")) - people["first"]).dt.days.clip(lower=1))


def test_november_is_the_peak_and_february_the_pause(orders):
    counts = orders.groupby(orders["ordered_at"].dt.strftime("%Y-%m")).size()
    for year in (2024, 2025):
        assert counts[f"{year}-11"] > 1.15 * (counts[f"{year}-10"] + counts[f"{year}-12"]) / 2
    for year in (2025, 2026):
        assert counts[f"{year}-02"] < 0.8 * (counts[f"{year}-01"] + counts[f"{year}-03"]) / 2


def test_ever_more_customers_join(clean):
    joined = clean["customers"]["joined_on"].str[:7]
    first, last = joined.lt("2024-11").sum(), joined.ge("2025-11").sum()
    assert 1.35 < last / first < 1.9  # 2 % a month over two years: 1.61


def test_prices_rise_every_january(lines):
    at_home = lines[lines["country"].eq("China") & lines["channel"].isin(["wechat", "store", "marketplace"])]
    at_home = at_home.assign(year=at_home["month"].str[:4])
    usual = at_home.pivot_table("unit_price", "product_id", "year", aggfunc=lambda prices: prices.mode()[0])
    for year in (2024, 2025, 2026):
        assert (usual[str(year)] / usual[str(year - 1)]).median() == pytest.approx(1.04, abs=0.004)


def test_regular_customers_have_even_gaps(orders, people):
    gaps = orders.groupby("customer_id")["ordered_at"].diff().dt.total_seconds()
    spread = gaps.groupby(orders["customer_id"]).agg(lambda part: part.std() / part.mean() if part.count() >= 8 else np.nan)
    by_kind = spread.groupby(people["true_segment"]).median()
    assert by_kind["office"] < 0.75 < by_kind["occasional"]


def test_complaints_raise_the_hazard_of_leaving(clean, people):
    complaints = clean["feedback"].query("kind == 'complaint'").merge(people, left_on="customer_id", right_index=True)
    until_left = (complaints["left"] - pd.to_datetime(complaints["received_at"])).dt.days
    seen = pd.to_datetime(complaints["received_at"]) < pd.Timestamp("2026-08-01")
    after_complaint = until_left[seen].between(0, 90).mean()
    usual = 90 * people["left"].notna().sum() / people["days"].sum()
    assert after_complaint > 2.5 * usual


def test_the_cause_follows_the_complaint(clean, people):
    complaints = clean["feedback"].query("kind == 'complaint'").merge(people, left_on="customer_id", right_index=True)
    soon = complaints[(complaints["left"] - pd.to_datetime(complaints["received_at"])).dt.days.between(0, 70)]
    about_service = soon["topic"].isin(["service", "delivery"])
    assert (soon["cause"] == "service_quality")[about_service].mean() > 0.4 > (soon["cause"] == "service_quality")[~about_service].mean()


def test_satisfaction_falls_before_people_leave(clean, people):
    answers = (
        clean["surveys"].query("question == 'nps'").merge(people[people["cause"] != "need_gone"], left_on="customer_id", right_index=True)
    )
    ahead = (answers["left"] - pd.to_datetime(answers["answered_at"])).dt.days
    score = answers["score"].astype(int)
    assert score[ahead > 200].mean() - score[ahead < 60].mean() > 1


def test_contacts_fade_before_people_leave(clean, people):
    contacts = clean["interactions"].query("campaign == ''").merge(people, left_on="customer_id", right_index=True)
    long_here = contacts[contacts["days"] > 240]
    ahead = (long_here["left"] - pd.to_datetime(long_here["occurred_at"])).dt.days
    assert ahead.between(0, 59).sum() < 0.65 * ahead.between(150, 209).sum()


def test_referred_customers_are_better(people):
    individuals = people[(people["true_type"] == "individual") & (people["true_segment"] != "one_timer")]
    is_referred = individuals["referred"] == "1"
    rate = individuals["true_rate_per_month"].astype(float)
    assert rate[is_referred].mean() > 1.15 * rate[~is_referred].mean()
    leaving = individuals["left"].notna().groupby(is_referred).sum() / individuals["days"].groupby(is_referred).sum()
    assert leaving[True] < 0.8 * leaving[False]


def test_referred_customers_have_an_inviter_who_buys(clean, people):
    followed = clean["referrals"].query("referred_id != ''")
    assert set(followed["referred_id"]) == set(clean.truth.query("referred == '1'")["customer_id"])
    assert followed["referred_id"].is_unique
    assert followed["referrer_id"].isin(people.index).all()
    assert len(followed) < 0.8 * len(clean["referrals"])


def test_businesses_pay_late_and_some_do_not(clean):
    invoices = clean["invoices"].query("due_on < '2026-08-01'")
    paid = clean["payments"].groupby("invoice_id")["paid_on"].max()
    last = invoices["invoice_id"].map(paid)
    assert 0.02 < last.isna().mean() < 0.15
    assert 0.4 < (last > invoices["due_on"])[last.notna()].mean() < 0.85


def test_a_reply_to_a_campaign_often_leads_to_an_order(clean, orders):
    told = clean["interactions"].query("campaign != ''")
    told = told.assign(occurred_at=pd.to_datetime(told["occurred_at"])).sort_values("occurred_at")
    after = pd.merge_asof(
        told, orders.sort_values("ordered_at"), left_on="occurred_at", right_on="ordered_at", by="customer_id", direction="forward"
    )
    bought = (after["ordered_at"] - after["occurred_at"]).dt.days < 9
    assert bought[after["replied"] == "true"].mean() > 1.5 * bought[after["replied"] == "false"].mean()


def test_actions_are_held_out_by_lot_and_help(clean, orders):
    actions = clean["actions"].query("action != 'win_back_offer' and planned_on < '2026-09-01'")
    held = actions["holdout"] == "true"
    assert 0.1 < held.mean() < 0.2
    assert actions.loc[held, ["done_on", "outcome", "cost"]].eq("").all(axis=None)
    assert actions.loc[~held, "outcome"].eq("ordered").mean() == pytest.approx(0.13, abs=0.05)


def test_those_who_left_order_no_more(clean, orders):
    last = orders.groupby("customer_id")["ordered_at"].max().dt.strftime("%Y-%m-%d")
    left = clean.truth.query("left_on != ''").set_index("customer_id")["left_on"]
    assert (last[left.index] <= left).all()
    assert clean.truth.query("left_on != ''")["true_clv_12m"].astype(float).max() <= 0


def test_true_margin_is_that_of_the_lines(clean, lines):
    margin = lines["quantity"] * (lines["unit_price"] * (1 - lines["discount"]) - lines["unit_cost"].astype(float))
    margin = margin.groupby(lines["customer_id"]).sum()
    true = clean.truth.set_index("customer_id")["true_margin"].astype(float)
    assert (true - margin.reindex(true.index, fill_value=0)).abs().max() < 1


def test_the_year_after_is_worth_something_for_those_who_stay(clean):
    stay = clean.truth.query("left_on == '' and true_segment != 'prospect'")
    assert (stay["true_clv_12m"].astype(float) > 0).mean() > 0.7
    past, future = stay["true_margin"].astype(float), stay["true_clv_12m"].astype(float)
    assert past.corr(future, method="spearman") > 0.5
