import numpy as np
import pandas as pd

from analysis.churn.story import ALL_SPELLS, FIRST_SPELLS, tell_survival
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
