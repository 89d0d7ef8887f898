"""From raw files to the clean ledger, each step only where its ingredients changed."""

from __future__ import annotations

import json
import resource
import signal
import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from analysis.driver import keys
from analysis.driver.errors import RunError
from analysis.driver.hashes import Memo
from analysis.driver.project import Project, Source
from analysis.driver.records import Record, is_whole, read_record
from analysis.driver.sections import CONTRACTUAL
from analysis.driver.tools import Say, Tools, find
from analysis.period import Period, PeriodError

DEMO = "demo"
FACTS = "ledger.json"
SIMULATED = "simulation.json"


@dataclass(frozen=True)
class Facts:
    """What must be known of a clean ledger before a period is chosen."""

    record: Record
    title: str
    currency: str
    covered_until: str
    first: Period
    last: Period
    lacking: frozenset[str] = frozenset()

    def choose(self, wanted: str | None, name: str) -> Period:
        """The period `wanted`, or the last one that the data cover whole.

        Raises
        ------
        PeriodError
            Before the data, or not covered to its last day; the line says which months are possible.
        """
        period = Period.parse(wanted) if wanted else self.last
        possible = f"{name} has {self.first} to {self.last}" if self.first <= self.last else f"{name} has no whole month"
        if period < self.first:
            raise PeriodError(f"{period} is before the data; {possible}")
        if period > self.last or self.first > self.last:
            raise PeriodError(f"{period} is not covered to its last day by the data; {possible}")
        return period


def read_facts(source: Source, record: Record) -> Facts:
    """Title and possible months, from ``clean/ledger.json``."""
    said = json.loads((source.clean / FACTS).read_text(encoding="utf-8"))
    tables = said["tables"]
    begins = [tables[name]["first_on"] for name in ("order_lines", "contracts") if tables.get(name, {}).get("first_on")]
    begins = begins or [said["observed_on"]] if said.get("observed_on") else begins
    if not begins:
        raise RunError(f"{source.name}: the clean ledger has no dated orders or contracts")
    first = Period.of(date.fromisoformat(min(begins)[:10]))
    covered = said["covered_until"]
    last = Period.last_covered(date.fromisoformat(covered))
    return Facts(record, said["title"], said["currency"], covered, first, last, find_lacking(said))


def find_lacking(said: dict[str, Any]) -> frozenset[str]:
    """Tables without a row by what ``clean/ledger.json`` says, and `CONTRACTUAL` where customers leave by ending contracts."""
    lacking = {name for name, table in said["tables"].items() if table.get("rows_kept") == 0}
    return frozenset(lacking | ({CONTRACTUAL} if said.get("setting") == CONTRACTUAL else set()))


def find_stale(project: Project, source: Source, code: dict[str, str], memo: Memo) -> tuple[str, list[str]] | None:
    """The first step of the preparation that must run, and why; None when the clean ledger is fresh."""
    if source.name == DEMO:
        record = read_record(source.runs / SIMULATED)
        if not source.raw.is_dir():
            return "simulation", ["raw files: there are none"]
        if record is not None and (why := keys.differences(record.ingredients, keys.of_simulation(code))):
            return "simulation", why
    record = read_record(source.runs / "ledger.json")
    if record is None:
        return "ledger", ["it has not been made yet"]
    if why := keys.differences(record.ingredients, keys.of_ledger(project, source, code, memo)):
        return "ledger", why
    if not is_whole(record, source.clean, memo):
        return "ledger", ["the clean tables are not those that were recorded"]
    return None


def prepare(project: Project, source: Source, tools: Tools, say: Say) -> dict[str, Any]:
    """Make raw files and the clean ledger where they are missing or stale; runs in a process of its own.

    Returns
    -------
    dict
        Seconds by step, peak memory in megabytes.
    """
    from analysis.driver.parent import watch_parent

    watch_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memo = Memo(source.runs / "memo.json")
    code = keys.code_hashes(memo)
    seconds: dict[str, float] = {}
    stale = find_stale(project, source, code, memo)
    if stale is not None and stale[0] == "simulation":
        say("simulating the demo company")
        began = time.monotonic()
        find(tools.simulate)(source.folder)
        Record(keys.of_simulation(code), {}).save(source.runs / SIMULATED)
        seconds["simulation"] = time.monotonic() - began
    elif source.name != DEMO:
        say("looking for raw files")
        began = time.monotonic()
        find(tools.fetch)(source.folder)
        seconds["fetch"] = time.monotonic() - began
    if find_stale(project, source, code, memo) is not None:
        say("cleaning the ledger")
        began = time.monotonic()
        (source.runs / "ledger.json").unlink(missing_ok=True)
        find(tools.clean)(source.folder, say)
        # Detected formats may have been written into ledger.toml: the ingredients are those that a next run will see.
        ingredients = keys.of_ledger(project, source, code, memo)
        seconds["ledger"] = time.monotonic() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        facts = {"seconds": round(seconds["ledger"], 3), "peak_megabytes": peak}
        Record(ingredients, memo.hash_folder(source.clean), facts).save(source.runs / "ledger.json")
    memo.save()
    return {"seconds": seconds}
