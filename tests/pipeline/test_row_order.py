"""The order of rows, in raw files and in the clean ledger, says nothing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.contracts import LEDGER
from analysis.month import Month
from changed_ledger import change_clean
from handed_over import AUGUST, SEPTEMBER, clean

RECORDS = ("rejects", "repairs", "flags")


@pytest.fixture(scope="module")
def shuffled(undoing, tmp_path_factory):
    """The company of September, with the rows of every raw file in another order."""
    tables = {name: rows.sample(frac=1, random_state=3) for name, rows in undoing.tables.items()}
    return clean(tmp_path_factory.mktemp("shuffled") / "after", tables, SEPTEMBER.as_of)


@pytest.mark.parametrize("name", [*LEDGER, "orders", "merges"])
def test_shuffled_files_clean_to_the_same_table(told, shuffled, name):
    one, other = (pq.read_table(ledger.folder / f"{name}.parquet") for ledger in (told[1].ledger, shuffled))
    assert one.num_rows
    assert one.equals(other)


@pytest.mark.parametrize("name", RECORDS)
def test_shuffled_files_give_the_same_records(told, shuffled, name):
    records = [pd.read_parquet(ledger.folder / f"{name}.parquet").drop(columns="line") for ledger in (told[1].ledger, shuffled)]
    one, other = (rows.sort_values(list(rows.columns), ignore_index=True) for rows in records)
    pd.testing.assert_frame_equal(one, other)


def test_shuffled_files_give_the_same_facts(told, shuffled):
    one, other = (json.dumps(ledger.facts | {"key": ""}, sort_keys=True) for ledger in (told[1].ledger, shuffled))
    assert one == other


@pytest.fixture(scope="module")
def stirred(told, tmp_path_factory):
    """August, from a clean ledger whose rows stand in another order."""
    rng = np.random.default_rng(4)
    folder = tmp_path_factory.mktemp("stirred") / "company"
    return Month(change_clean(told[1].folder, folder, lambda name, rows: rows.take(rng.permutation(len(rows)))), AUGUST)


@pytest.mark.parametrize("name", ["customers", "spells", "churn", "value"])
def test_stirred_ledger_gives_the_same_table(told, stirred, name):
    pd.testing.assert_frame_equal(told[1].read(name), stirred.read(name), check_exact=True)
