"""Cards of groups: facts, findings, and what few customers leave out."""

import numpy as np
import pandas as pd

from analysis.contracts import Missing
from analysis.report import show
from analysis.segments.cards import TRAITS

COLUMNS = ["segment", "trait", "level", "share", "share_all", "is_more", "p_adjusted"]


def cards(apart=(), **columns):
    row = {
        "segment": "champions",
        "count_customers": 12,
        "share_customers": 0.5,
        "revenue": 100.0,
        "share_revenue": 0.4,
        "region": "<b>north</b>",
        "share_region": 0.25,
        **columns,
    }
    found = pd.DataFrame(list(apart), columns=COLUMNS)
    facts = [name for name in ("revenue", "region") if name in row]
    return show.portraits(
        pd.DataFrame([row]),
        "portraits.segments",
        group="segment",
        apart=found,
        facts=facts,
        formats={"segment": "level:rfm_segment"},
        fields={"known": 0.5},
    )


def test_a_card_names_its_group_and_tells_its_facts():
    html = cards().html
    assert "<p class=name>Champions</p><p class=value>12</p>" in html
    assert "<dt>Revenue</dt><dd>100 (40.0%)</dd>" in html
    assert "Nothing else sets them apart." in html


def test_levels_from_data_are_escaped():
    html = cards([("champions", "region", "<i>south</i>", 0.5, 0.1, True, 0.01)]).html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "Region: &lt;i&gt;south&lt;/i&gt;: 50%, more than the 10% of all" in html


def test_a_blank_fact_is_left_out():
    assert "Region" not in cards(region=None, share_region=np.nan).html


def test_a_group_of_few_says_that_it_tells_no_more():
    html = cards(region=None, share_region=np.nan, revenue=np.nan, share_revenue=np.nan).html
    assert "Too few customers to tell more." in html


def test_the_table_behind_the_cards_is_published():
    assert cards().table.rows[0][0] == "Champions"


def test_what_cannot_be_is_one_line():
    assert "needs the table order_lines" in show.portraits(Missing("order_lines", (), ()), "portraits.segments").html


def test_every_trait_has_its_word():
    from analysis.report.words import has_words
    from analysis.segments.cards import YES_NO

    assert [name for name in (*TRAITS, *YES_NO) if not has_words(f"portraits.segments.trait.{name}")] == []
