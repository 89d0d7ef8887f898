import numpy as np
import pandas as pd

from analysis.churn.story import ALL_SPELLS, FIRST_SPELLS, SurvivalStory, tell_survival
from analysis.history.multiplicity import adjust_holm
from analysis.params import load_params
from spell_frames import simulate


def test_groupings_of_customers_use_first_spells_and_groupings_of_spells_use_all():
    spells = simulate(80, seed=12)
    ids = sorted(spells["customer_id"].unique())
    first = spells.groupby("customer_id")["started_on"].min()
    side = np.where(np.arange(len(ids)) % 2, "north", "south")
    customers = pd.DataFrame({"customer_id": ids, "first_order_on": first.loc[ids].to_numpy(), "region": side})
    story = tell_survival(spells, customers, load_params().churn)
    used = story.returns.groupby("by")["spells"].first().to_dict()
    assert used == {"all": ALL_SPELLS, "order_group": ALL_SPELLS, "cohort": FIRST_SPELLS, "region": FIRST_SPELLS}
    counts = story.returns.groupby("by")["count_spells"].sum()
    assert counts["all"] == counts["order_group"] == len(spells)
    assert counts["region"] == counts["cohort"] == len(ids)
    assert set(story.tests["by"]) == {"order_group", "cohort", "region"}


def told(**columns):
    spells = simulate(10, seed=12)
    first = spells.groupby("customer_id")["started_on"].min().rename("first_order_on").reset_index()
    return tell_survival(spells, first.assign(**columns), load_params().churn)


def story(**tables):
    empty = pd.DataFrame()
    return SurvivalStory(**{"curves": empty, "returns": empty, "tests": empty} | tables)


RETURNS = pd.DataFrame({"by": ["all", "region", "region"], "spells": ["all", "first", "first"], "group": ["all", "north", "south"]})


def test_rows_of_one_grouping_are_picked_without_saying_which():
    picked = story(returns=RETURNS).pick("returns", "region")
    assert picked.to_dict("list") == {"group": ["north", "south"]}


def test_rows_of_several_groupings_say_which():
    picked = story(returns=RETURNS).pick("returns", "all", "region")
    assert picked["by"].tolist() == ["all", "region", "region"]


def test_a_grouping_that_the_source_does_not_know_names_the_column_that_it_waits_for():
    missing = told(region=None).pick("returns", "region")
    assert (missing.table, missing.columns) == ("customers", ("region",))
    assert missing == told().pick("returns", "region")


def test_a_grouping_of_one_group_alone_is_not_missing_but_says_nothing():
    assert told(region="north").pick("returns", "region") is None


def test_orders_that_nobody_has_pick_nothing():
    assert story().pick("curves", "order_group") is None


def test_differences_are_the_overall_tests_and_the_pairs_below_the_level():
    tests = pd.DataFrame(
        {
            "by": "region",
            "group_a": [None, "north", "north", "south"],
            "group_b": [None, "south", "west", "west"],
            "p_adjusted": [np.nan, 0.049, 0.05, np.nan],
        }
    )
    told = story(tests=tests).tell_differences(level=0.05)
    assert told[["group_a", "group_b"]].to_numpy().tolist() == [[None, None], ["north", "south"]]


def test_without_groups_there_are_no_differences():
    assert story().tell_differences() is None


def test_a_group_too_small_to_show_is_in_no_table():
    spells = simulate(80, seed=12)
    first = spells.groupby("customer_id")["started_on"].min().rename("first_order_on").reset_index()
    regions = np.array(["north", "south"], dtype=object)[np.arange(len(first)) % 2]
    regions[:3] = "islet"
    made = tell_survival(spells, first.assign(region=regions), load_params().churn, min_cell=4)
    assert "islet" not in set(made.returns["group"]) | set(made.curves["group"]) | set(made.tests["group_a"])


def test_overall_tests_are_adjusted_for_the_number_of_groupings():
    spells = simulate(80, seed=12)
    first = spells.groupby("customer_id")["started_on"].min().rename("first_order_on").reset_index()
    made = tell_survival(spells, first.assign(region=np.where(np.arange(len(first)) % 2, "north", "south")), load_params().churn)
    overall = made.tests[made.tests["group_a"].isna()]
    assert len(overall) == 3
    assert overall["p_adjusted"].tolist() == adjust_holm(overall["p_clustered"].to_numpy()).tolist()
