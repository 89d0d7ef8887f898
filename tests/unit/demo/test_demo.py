import pyarrow as pa
import pytest

from analysis.contracts import LEDGER
from analysis.demo import main, write_demo
from analysis.demo.writing import Writer
from demo_company import make, read


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_same_seed_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        write_demo(tmp_path / name / "raw", 120, seed=seed)
    one, two, three = (contents(tmp_path / name) for name in ("one", "two", "three"))
    assert len(one) == len(LEDGER) + 3
    assert one == two
    # the list of products is the same for everybody, but for its dirt
    assert all(one[name] != three[name] for name in one)


def test_customers_of_a_full_chunk_do_not_depend_on_how_many_there_are(monkeypatch, tmp_path):
    monkeypatch.setattr("analysis.demo.CHUNK", 100)
    few, many = make(tmp_path / "few", 100), make(tmp_path / "many", 250)
    for name in LEDGER:
        assert many[name].iloc[: len(few[name])].equals(few[name])
    assert many.truth.iloc[:100].equals(few.truth)
    assert many.faults["line"].max() > few.faults["line"].max()


def test_chunks_behave_alike(monkeypatch, tmp_path, small):
    monkeypatch.setattr("analysis.demo.CHUNK", 200)
    chunked = make(tmp_path, 800, dirt="none")
    for name in ("order_lines", "interactions", "points", "surveys"):
        assert len(chunked[name]) == pytest.approx(len(small[name]), rel=0.2)
    assert chunked.truth["left_on"].ne("").mean() == pytest.approx(small.truth["left_on"].ne("").mean(), abs=0.06)


def test_a_short_company_ends_on_the_same_day(tmp_path):
    company = make(tmp_path, 60, months=3, dirt="none")
    assert company["order_lines"]["ordered_at"].min() >= "2026-08-01"
    assert company["customers"]["joined_on"].max() <= "2026-10-31"


@pytest.mark.parametrize("customers", [1, 2, 5])
def test_a_handful_of_customers_is_a_company_too(tmp_path, customers):
    for seed in range(4):
        company = make(tmp_path / str(seed), customers, seed=seed)
        assert company.truth.shape[0] == customers


def test_without_truth_there_is_none(tmp_path):
    write_demo(tmp_path / "raw", 20, truth=False)
    assert not (tmp_path / "truth").exists()


def test_the_command_writes_flat_tables_and_the_truth_below(tmp_path, capsys):
    assert main(["--customers", "30", "--dirt", "none", "--out", str(tmp_path)]) == 0
    assert {path.stem for path in tmp_path.glob("*.csv")} == set(LEDGER)
    assert {path.name for path in (tmp_path / "truth").iterdir()} == {"customers.csv", "faults.csv", "parameters.json"}
    assert "30 customers from 2023-11-01 to 2026-10-31" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--customers", "0"], "customers = 0 is not possible; give 1 to"),
        (["--months", "500"], "months = 500 is not possible; give 1 to"),
        (["--seed", "-1"], "seed = -1 is not possible"),
        (["--dirt", "much"], "invalid choice: 'much'"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, capsys, argv, words):
    with pytest.raises(SystemExit) as stop:
        main([*argv, "--out", str(tmp_path)])
    assert stop.value.code
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("*.csv"))


def test_files_appear_when_they_are_whole_and_not_before(tmp_path):
    write_demo(tmp_path / "raw", 20, seed=1)
    before = contents(tmp_path)
    writer = Writer(tmp_path / "raw")
    writer.append("order_lines", {"customer_id": pa.array(["x"])})
    assert contents(tmp_path).items() > before.items()
    writer.drop()
    assert contents(tmp_path) == before


def test_what_a_killed_run_left_is_swept(tmp_path):
    (tmp_path / ".partial-4194305").mkdir()
    Writer(tmp_path).drop()
    assert not list(tmp_path.iterdir())


def test_the_order_lines_come_last(tmp_path, monkeypatch):
    import os

    placed = []
    real = os.replace
    monkeypatch.setattr("os.replace", lambda old, new: (placed.append(new.name), real(old, new)))
    write_demo(tmp_path / "raw", 20)
    assert placed[-1] == "order_lines.csv"
    assert placed.index("faults.csv") < placed.index("customers.csv", placed.index("faults.csv") + 1)
    assert len(read(tmp_path / "raw" / "customers.csv")) >= 20
