"""The independent injector of faults, when `SHARED` names the folder that holds it: every kind is found, nothing else is touched."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alone import build_alone
from analysis.demo import write_demo

INJECTOR = Path(os.environ.get("SHARED", ""), "inject.py")
CONFIG = Path(__file__).parents[2] / "data" / "demo" / "ledger.toml"

pytestmark = pytest.mark.skipif(
    not os.environ.get("SHARED") or not INJECTOR.is_file(), reason="SHARED does not name the folder of inject.py"
)


def run_injector(*arguments):
    return subprocess.run([sys.executable, str(INJECTOR), *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clean_tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean") / "raw"
    write_demo(folder, customers=1200, dirt="none", truth=False)
    return folder


@pytest.mark.parametrize("seed", [0, 1])
def test_every_kind_of_fault_is_found_and_no_clean_row_is_touched(clean_tables, tmp_path, seed):
    shutil.copy(CONFIG, tmp_path)
    dates = ["--founded", "2023-11-01", "--covered-until", "2026-10-31"]
    injected = run_injector("--clean", clean_tables, "--dirty", tmp_path / "raw", *dates, "--seed", seed)
    assert injected.returncode == 0, injected.stderr
    clean = build_alone(tmp_path).folder
    records = [part for name in ("rejects", "repairs", "flags") for part in (f"--{name}", clean / f"{name}.parquet")]
    scored = run_injector("--score", "--truth", tmp_path / "raw" / "truth.csv", *records, "--tz", "Asia/Shanghai")
    assert scored.returncode == 0, scored.stdout + scored.stderr


def test_whole_number_ids_are_repaired_and_refused(tmp_path):
    """Ids of digits only, which the demo company does not have: "17850.0" and padding."""
    clean = tmp_path / "clean"
    clean.mkdir()
    lines = [
        f"{10000 + n % 40},2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}T{n % 24:02d}:15:00,A{n},{n},P{n % 7},{n % 5 + 1},{n % 9 + 1}.50"
        for n in range(600)
    ]
    header = "customer_id,ordered_at,order_id,line_id,product_id,quantity,unit_price"
    (clean / "order_lines.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    people = [f"{10000 + n},Name {n},1380000{n:04d},2023-12-01" for n in range(40)]
    (clean / "customers.csv").write_text("\n".join(["customer_id,name,phone,joined_on", *people]) + "\n", encoding="utf-8")
    source = tmp_path / "shop"
    dates = ["--founded", "2023-11-01", "--covered-until", "2024-12-31"]
    injected = run_injector("--clean", clean, "--dirty", source / "raw", *dates, "--symbol", "£")
    assert injected.returncode == 0, injected.stderr
    assert "float_id" in injected.stdout
    (source / "ledger.toml").write_text(
        'title = "Shop"\ncurrency = "GBP"\nzone = "Europe/London"\nhome_country = "United Kingdom"\n'
        "founded = 2023-11-01\ncovered_until = 2024-12-31\n"
        '[tables.order_lines]\nfile = "raw/order_lines.csv"\n[tables.customers]\nfile = "raw/customers.csv"\n',
        encoding="utf-8",
    )
    built = build_alone(source).folder
    records = [part for name in ("rejects", "repairs", "flags") for part in (f"--{name}", built / f"{name}.parquet")]
    scored = run_injector("--score", "--truth", source / "raw" / "truth.csv", *records, "--tz", "Europe/London")
    assert scored.returncode == 0, scored.stdout + scored.stderr
