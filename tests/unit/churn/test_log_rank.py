import numpy as np
import pandas as pd
import pytest

from analysis.churn.log_rank import compare_groups
from spell_frames import make_spells, simulate


def test_identical_groups_do_not_differ():
    spells = make_spells({"a": [0, 5], "b": [0, 5]}, 20)
    table = compare_groups(spells.assign(group=["x", "x", "y", "y"]), "group")
    assert table.loc[0, "chi_square"] == pytest.approx(0.0, abs=1e-12)


def test_one_group_cannot_be_compared():
    assert compare_groups(make_spells({"a": [0]}, 5).assign(group="x"), "group").empty


def test_every_pair_once():
    spells = simulate(40, seed=6)
    spells = spells.assign(group=np.array(["x", "y", "z"])[pd.factorize(spells["customer_id"])[0] % 3])
    table = compare_groups(spells, "group")
    assert list(zip(table["group_a"][1:], table["group_b"][1:], strict=True)) == [("x", "y"), ("x", "z"), ("y", "z")]


def test_copies_of_spells_make_the_naive_test_surer_but_not_the_clustered_one():
    spells = simulate(60, seed=7)
    spells = spells.assign(group=np.where(pd.factorize(spells["customer_id"])[0] % 2, "x", "y"))
    once = compare_groups(spells, "group").iloc[0]
    twice = compare_groups(pd.concat([spells, spells], ignore_index=True), "group").iloc[0]
    assert twice["p_naive"] < once["p_naive"]
    assert twice["p_clustered"] == pytest.approx(once["p_clustered"], abs=1e-9)


def test_without_any_order_nothing_is_said():
    table = compare_groups(make_spells({"a": [0], "b": [1]}, 5).assign(group=["x", "y"]), "group")
    assert np.isnan(table.loc[0, "p_clustered"])
