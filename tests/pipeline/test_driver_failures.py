"""What goes wrong is said in a few lines, and nothing half is published."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from analysis.driver import publish, swap
from analysis.driver.lock import hold
from small_project import FOLDER, WRITE


def fail_in(project, capsys, name, *cells):
    """Run a report in which one notebook fails; the four lines."""
    project.write(name, *cells)
    code, _ = project("report")
    assert code == 1
    assert not project.page().exists()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[2] == f"executed copy: data/small/.runs/2020-03/{name}.failed.ipynb"
    assert (project.root / lines[2].removeprefix("executed copy: ")).is_file()
    assert lines[3] == "run again: make report SOURCE=small PERIOD=2020-03"
    return lines


def test_failing_cell_is_told_in_four_lines_and_other_branches_finish(project, capsys):
    lines = fail_in(project, capsys, "first", "# First", "## Divide", "1 / 0")
    assert lines[:2] == ["small 2020-03: first failed under “Divide”", "ZeroDivisionError: division by zero"]
    assert (project.source / ".runs" / "2020-03" / "alone.json").is_file()
    assert not (project.source / ".runs" / "2020-03" / "second.ipynb").exists()


def test_message_of_many_lines_becomes_one(project, capsys):
    lines = fail_in(project, capsys, "first", "# First", "raise ValueError('one\\n\\n   two')")
    assert lines[:2] == ["small 2020-03: first failed under “First”", "ValueError: one two"]


def test_killed_kernel_is_named(project, capsys):
    lines = fail_in(project, capsys, "first", "# First", "## Crash", "import os\nos.kill(os.getpid(), 9)")
    assert lines[0] == "small 2020-03: first failed under “Crash”"
    assert lines[1] == "KernelDied: the kernel was ended by signal 9 (SIGKILL); often the memory was not enough"


def test_kernel_that_ends_itself_leaves_its_last_words(project, capsys):
    leave = "import os\nos.write(2, b'out of ink\\n')\nos._exit(3)"
    lines = fail_in(project, capsys, "first", "# First", leave)
    assert lines[1] == "KernelDied: the kernel ended with exit code 3: out of ink"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named channels")
def test_channels_of_a_kernel_are_names_of_our_own(project, capsys):
    tell = "import json\nfrom ipykernel import get_connection_info\nraise ValueError(json.loads(get_connection_info())['transport'])"
    assert fail_in(project, capsys, "first", "# First", tell)[1] == "ValueError: ipc"


def test_cell_that_takes_too_long(project, capsys):
    project.contents_with("first", cell_timeout_seconds=1)
    lines = fail_in(project, capsys, "first", "# First", "import time\ntime.sleep(60)")
    assert lines[1] == "CellTimeout: a cell took longer than 1 seconds"


def test_notebook_that_does_not_write_what_it_promises(project, capsys):
    lines = fail_in(project, capsys, "first", "# First", "1")
    assert lines[:2] == ["small 2020-03: first failed under “its outputs”", "ContractError: first did not write first.parquet"]


def test_table_left_by_an_earlier_run_is_not_an_output(published, capsys):
    published.write("first", "# First", "1")
    assert published("report")[0] == 1
    assert "ContractError: first did not write first.parquet" in capsys.readouterr().err


def test_table_that_is_written_twice(project, capsys):
    lines = fail_in(project, capsys, "first", "# First", FOLDER, WRITE % (1, "first"), WRITE % (2, "first"))
    assert lines[1] == "ContractError: first wrote first.parquet twice, and not the same"


def test_table_that_is_no_parquet_file(project, capsys):
    lines = fail_in(project, capsys, "first", "# First", FOLDER, "(folder / 'first.parquet').write_text('no')")
    assert lines[1].startswith("ContractError: ")


def test_several_failures_are_still_four_lines(project, capsys):
    project.write("alone", "# Alone", "1 / 0")
    project.write("first", "# First", "1 / 0")
    assert project("report")[0] == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert "(and so did " in lines[0]


def test_failure_leaves_the_published_month_whole_and_is_mended_by_the_next_run(published):
    before = published.files()
    published.write("first", "# First", "1 / 0")
    assert published("report")[0] == 1
    assert published.files() == before
    published.write("first", "# First", FOLDER, "## Write", WRITE % (1, "first"))
    assert published.steps() == []


def test_mistake_in_the_raw_data_is_one_line(project, capsys):
    (project.source / "raw" / "sales.csv").write_text("broken")
    assert project("report")[0] == 1
    assert capsys.readouterr().err.startswith("ValueError: sales.csv line 1: broken (details: ")


def test_disk_full_while_rendering(published, capsys):
    before = published.files()
    published.write("alone", "# The disk is full", "## Say", "source + period")
    assert published("report")[0] == 1
    assert capsys.readouterr().err == (
        "small 2020-03 was not published: the disk is full; free some space and run it again; the previous report stands\n"
    )
    assert published.files() == before
    assert not list((published.root / "reports" / ".staging").iterdir())


@pytest.mark.parametrize("step", ["write_atomically", "swap"])
def test_disk_full_while_publishing(published, capsys, monkeypatch, step):
    before = published.files()
    published.write("alone", "# Other", "## Say", "source + period")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(publish, step, full)
        assert published("report")[0] == 1
    assert "the disk is full; free some space" in capsys.readouterr().err
    assert published.files() == before
    assert published.steps() == ["report"]


SCRIPT = """
import os, signal, sys
from pathlib import Path
from small_project import CONTENTS, TOOLS
from analysis.__main__ import main
from analysis.driver import pool, publish, swap

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv[2]
pool.Pool.warm_up = lambda self: None  # only pages are rendered here, which needs none of the libraries
if moment == "rendered":
    publish.describe = die
elif moment == "before the swap":
    publish.swap = die
elif moment == "between the renames":
    swap.exchange = lambda *_: False
    rename, seen = os.rename, []
    def rename_once(*names):
        die() if seen else seen.append(rename(*names))
    os.rename = rename_once
elif moment == "exchanged":
    swap.shutil.rmtree = die
elif moment == "before the record":
    publish.Record = die
elif moment == "before the index":
    publish.is_index_fresh = die
if __name__ == "__main__":
    main(["report", "--source", "small"], root=Path(sys.argv[1]), contents=CONTENTS, tools=TOOLS)
"""


@pytest.mark.parametrize(
    "moment", ["rendered", "before the swap", "between the renames", "exchanged", "before the record", "before the index"]
)
def test_killed_while_publishing(published, tmp_path, moment):
    old = published.files()
    published.write("alone", "# Other words", "## Say", "source + period")
    script = tmp_path / "killed.py"
    script.write_text(SCRIPT)
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, str(script), str(published.root), moment], env=here, capture_output=True, text=True)
    if moment == "exchanged" and not swap_exchanges(tmp_path):
        pytest.skip("this file system cannot exchange two folders in one step")
    assert run.returncode == -signal.SIGKILL, run.stdout + run.stderr
    if moment != "between the renames":
        assert published.files().keys() == old.keys()
    if moment in ("rendered", "before the swap"):
        assert published.files() == old
    assert published("report")[0] == 0
    assert "Other words" in published.page(name="alone.html").read_text()
    assert not list((published.root / "reports" / ".staging").iterdir())
    assert published("report") == (0, "up to date: reports/small/2020-03/index.html\n")


def swap_exchanges(folder):
    for name in ("one", "other"):
        (folder / name).mkdir()
    return swap.exchange(folder / "one", folder / "other")


def test_run_killed_while_notebooks_run_leaves_no_process_behind(project, tmp_path):
    project.write(
        "first",
        "# First",
        "import os, pathlib, time\npathlib.Path(os.environ['ANALYSIS_ROOT'], 'pid').write_text(str(os.getpid()))\ntime.sleep(600)",
    )
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, str(script), str(project.root), "never"], env=here, stdout=subprocess.DEVNULL) as run:
        pid = project.root / "pid"
        wait_until(lambda: pid.is_file() and pid.read_text())
        run.kill()
    kernel = int(pid.read_text())
    wait_until(lambda: not is_alive(kernel))


def is_alive(process):
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds=60):
    for _ in range(seconds * 20):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen")


def test_second_run_at_once_waits_for_the_first(project):
    said = []
    with hold(project.source / ".lock", "a run of small"):
        second = threading.Thread(target=lambda: said.append(project("report")))
        second.start()
        second.join(1)
        assert second.is_alive()
        assert not (project.source / "clean").exists()
    second.join()
    code, output = said[0]
    assert code == 0
    assert output.startswith("waiting for a run of small (process ")


def test_record_that_is_damaged_counts_as_none(published):
    (published.source / ".runs" / "2020-03" / "alone.json").write_text('{"ingredients": ')
    assert published.steps() == ["alone"]
    (published.source / ".runs" / "memo.json").write_text("[")
    assert published.steps() == []


def test_manifest_is_the_only_file_with_a_clock(published):
    manifest = json.loads(published.page(name="manifest.json").read_text())
    assert manifest["created"].endswith("+00:00")
    published("clean")
    before = {name: data for name, data in published.files().items() if name != "manifest.json"}
    published.steps()
    assert {name: data for name, data in published.files().items() if name != "manifest.json"} == before
