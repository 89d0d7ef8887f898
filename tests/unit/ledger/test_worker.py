"""Several processes and one make the same ledger, and say the same when they cannot."""

import shutil
from pathlib import Path

import pytest

from alone import build_alone
from analysis.demo import write_demo
from analysis.ledger import build, worker
from analysis.ledger.store import LedgerError

CONFIG = Path(__file__).parents[3] / "data" / "demo" / "ledger.toml"


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "raw"
    write_demo(folder, customers=150, truth=False)
    return folder


def source(folder, raw):
    shutil.copytree(raw, folder / "raw", dirs_exist_ok=True)
    shutil.copy(CONFIG, folder)
    return folder


@pytest.fixture(scope="module")
def several(raw, tmp_path_factory):
    """The ledger that processes made which stood by for it, and these processes."""
    worker.stand_by(4)
    processes = [standing.process for standing in worker._standing]
    return build.build_ledger(source(tmp_path_factory.mktemp("several"), raw)), processes


def test_one_process_and_several_make_the_same_bytes(raw, several, tmp_path):
    one = build_alone(source(tmp_path / "one", raw)).folder
    for path in several[0].folder.iterdir():
        assert path.read_bytes() == (one / path.name).read_bytes(), path.name


@pytest.mark.parametrize("name", ["customers", "consents"])
def test_the_table_that_cannot_be_read_is_named(raw, tmp_path, name):
    folder = source(tmp_path / "broken", raw)
    path = folder / "raw" / f"{name}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("customer_id", "who", 1), encoding="utf-8")
    with pytest.raises(LedgerError, match=f"{name}.*customer_id"):
        build.build_ledger(folder)
    assert not (folder / "clean").exists()
    assert not list(folder.glob(".clean-staging-*"))


def test_workers_that_stood_by_have_ended(several):
    assert len(several[1]) == 4
    assert all(process.poll() is not None for process in several[1])
    assert not worker._standing


def test_a_worker_that_ended_is_told_in_one_line(raw, tmp_path):
    worker.stand_by(1)
    worker._standing[0].process.kill()
    worker._standing[0].process.wait()
    with pytest.raises(LedgerError, match=r"demo: cleaning .* broke off"):
        build.build_ledger(source(tmp_path / "demo", raw))
