"""Classes of customers who hold contracts."""

import pandas as pd

from analysis.contracts.check import check
from analysis.params import load_params
from analysis.segments.contractual import (
    band_fees,
    band_tenure,
    build_contract_segments,
    group_by_stage,
    tabulate_contracts,
    tabulate_stages,
)
from contract_frames import make_contracts

PARAMS = load_params()


def test_stages_at_their_boundaries():
    contracts = make_contracts((2.9, False), (3, False), (23.9, False), (24, False), (40, True))
    assert group_by_stage(contracts).tolist() == ["new", "active", "active", "loyal", "lost"]
    customers = pd.DataFrame({"customer_id": [*contracts["customer_id"], "nobody"]})
    table = build_contract_segments(customers, contracts)
    assert table["lifecycle_stage"].tolist() == ["new", "active", "active", "loyal", "lost", "prospect"]
    check("segments", table)


def test_one_running_contract_keeps_a_customer():
    contracts = make_contracts((40, True), (5, False), customer_id=["c", "c"])
    assert build_contract_segments(pd.DataFrame({"customer_id": ["c"]}), contracts)["lifecycle_stage"].tolist() == ["active"]


def test_groups_add_up_and_small_ones_show_counts_alone():
    contracts = make_contracts(*[(5, number % 2 == 0) for number in range(20)], (7, True), plan=["a"] * 20 + ["b"])
    table = tabulate_contracts(contracts, contracts["plan"], PARAMS).set_index("group")
    assert table["count_contracts"].to_dict() == {"a": 20, "b": 1}
    assert table.loc["a", "fees_running"] == 100
    assert table.loc["b", ["share_ended", "median_tenure", "mean_fee"]].isna().all()


def test_stages_stand_in_the_order_of_life():
    rows = [(tenure, ended) for tenure, ended in ((1, False), (10, False), (30, False), (9, True)) for _ in range(6)]
    assert tabulate_stages(make_contracts(*rows), PARAMS)["group"].tolist() == ["new", "active", "loyal", "lost"]


def test_bands_hold_every_running_contract():
    contracts = make_contracts((0, False), (11.9, False), (12, False), (36, False), (50, True), monthly_fee=[1.0, 12.5, 20.0, 99.0, 5.0])
    assert band_tenure(contracts)["count_contracts"].tolist() == [2, 1, 0, 1]
    assert band_fees(contracts)["count_contracts"].sum() == 4


def test_equal_fees_make_no_chart():
    assert band_fees(make_contracts((1, False), (2, False))) is None
