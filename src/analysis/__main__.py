"""The command line: ``python -m analysis <command>``. Standard library only, until there is work to do."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from analysis.driver.errors import RunError, one_line
from analysis.driver.graph import Contents
from analysis.driver.months import Request, make_ledger, run
from analysis.driver.prepare import DEMO, FACTS, SIMULATED, Facts, find_lacking, read_facts
from analysis.driver.project import Project
from analysis.driver.records import read_record
from analysis.driver.tools import Tools
from analysis.period import Period, PeriodError
from analysis.run import CONTENTS

TOOLS = Tools(simulate="analysis.__main__:simulate")


@dataclass(frozen=True)
class _Call:
    given: argparse.Namespace
    project: Project
    contents: Contents
    tools: Tools
    stream: TextIO


def main(
    arguments: Sequence[str] | None = None,
    root: Path | None = None,
    contents: Contents = CONTENTS,
    tools: Tools = TOOLS,
    stream: TextIO | None = None,
) -> int:
    """Run a command; returns the exit code (0 done, 1 failed, 2 asked wrongly, 130 stopped by hand).

    Parameters
    ----------
    root : Path, optional
        The checkout; `ANALYSIS_ROOT` or the working folder by default.
    """
    given = _parser().parse_args(arguments)
    project = Project((root or Path(os.environ.get("ANALYSIS_ROOT") or Path.cwd())).resolve())
    try:
        return _COMMANDS[given.command](_Call(given, project, contents, tools, stream or sys.stdout))
    except (RunError, PeriodError) as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", 2)
    except KeyboardInterrupt:
        print("stopped; what was published before stands", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ValueError as error:
        if not type(error).__module__.startswith("analysis."):
            raise
        print(one_line(str(error)), file=sys.stderr)
        return 1


class _Parser(argparse.ArgumentParser):
    """Errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message} (python -m analysis --help lists the commands)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m analysis", description="A customer ledger becomes a monthly report.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def add(name: str, words: str, source: str = DEMO) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        command.add_argument("--source", default=source, help=f"folder below data/ (default: {source or 'all'})")
        return command

    def add_run(name: str, words: str) -> argparse.ArgumentParser:
        command = add(name, words)
        command.add_argument("--language", default="", help="of the report (default: REPORT_LANG or en)")
        command.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="another parameter of a notebook")
        return command

    for name, words in (
        ("report", "publish a month"),
        ("explain", "say what would run again, and why"),
        ("verify", "run a month again elsewhere and compare every byte with what is published"),
    ):
        command = add_run(name, words)
        command.add_argument("--period", default="", help="YYYY-MM (default: the last month that the data cover whole)")
    customer = add("customer", "write the card of one customer, for analysts alone, beside the month's own tables")
    customer.add_argument("--period", default="", help="YYYY-MM (default: the last month that the data cover whole)")
    customer.add_argument("--id", required=True, metavar="ID", help="the customer's id in the source")
    backfill = add_run("backfill", "publish many months, in parallel")
    backfill.add_argument("--from", dest="first", default="", help="first month, YYYY-MM (default: the first of the data)")
    backfill.add_argument("--to", dest="last", default="", help="last month, YYYY-MM, inclusive (default: the last one covered whole)")
    truth = commands.add_parser("truth", help="compare lifetime value with what the demo company knows to be true", allow_abbrev=False)
    truth.add_argument("--period", default="", help="YYYY-MM; the truth is of the months after the last one of the data (default)")
    add("ledger", "make a source's clean ledger, and no report")
    add("data", "bring a source's raw files")
    add("coverage", "print each requirement with the page or command that answers it")
    add("clean", "remove what a run can make again", source="")
    demo = commands.add_parser("demo", help="simulate the demo company's raw files", allow_abbrev=False)
    demo.add_argument("--out", type=Path, help="folder for the raw files (default: data/demo/raw, with the truth beside it)")
    demo.add_argument("--dirt", choices=("default", "none"), default="default", help="what the cleaning must find")
    for name, words in (("customers", "number of customers"), ("months", "number of months"), ("seed", "of the random numbers")):
        demo.add_argument(f"--{name}", type=int, help=words)
    return parser


def _request(call: _Call, choose: Callable[[Facts], list[Period]]) -> Request:
    extra = {}
    for pair in getattr(call.given, "param", []):
        name, sign, value = pair.partition("=")
        if not sign or name in ("source", "period"):
            raise RunError(f"--param {pair}: write NAME=VALUE; source and period have options of their own")
        extra[name] = value
    source = call.project.source(call.given.source)
    language = getattr(call.given, "language", "") or os.environ.get("REPORT_LANG") or "en"
    command = f"make report SOURCE={source.name} PERIOD={{period}}" + (f" REPORT_LANG={language}" if language != "en" else "")
    return Request(call.project, source, call.contents, call.tools, choose, command, language, extra, call.stream)


def _month(call: _Call) -> Request:
    wanted = call.given.period
    if wanted:
        Period.parse(wanted)
    return _request(call, lambda facts: [facts.choose(wanted or None, call.given.source)])


def _publish(request: Request) -> int:
    """Run it, unless its language is unknown: every notebook would find that out for itself."""
    if request.language != "en":
        from analysis.report.words import languages

        if request.language not in languages():
            raise RunError(f"REPORT_LANG={request.language} has no catalogue; available: {', '.join(languages())}")
    return run(request)


def _report(call: _Call) -> int:
    return _publish(_month(call))


def _explain(call: _Call) -> int:
    from analysis.driver.explain import explain

    return explain(_month(call))


def _verify(call: _Call) -> int:
    from analysis.driver.verify import verify

    return verify(_month(call))


def _backfill(call: _Call) -> int:
    first, last = (Period.parse(text) if text else None for text in (call.given.first, call.given.last))

    def choose(facts: Facts) -> list[Period]:
        begin = facts.choose(str(first or facts.first), call.given.source)
        end = facts.choose(str(last or facts.last), call.given.source)
        if begin > end:
            raise RunError(f"FROM={begin} is after TO={end}")
        return begin.to(end)

    return _publish(_request(call, choose))


def _ledger(call: _Call) -> int:
    return make_ledger(_request(call, lambda facts: []))


def _data(call: _Call) -> int:
    from analysis.driver.tidy import bring

    return bring(call.project.source(call.given.source), call.tools, call.stream)


def _customer(call: _Call) -> int:
    if not call.given.id.strip():
        raise RunError("name a customer: make customer SOURCE= PERIOD= ID=")
    request = _month(call)
    if made := make_ledger(request):
        return made
    record = read_record(request.source.runs / "ledger.json")
    if record is None:
        raise RunError(f"{request.source.name}: the clean ledger has no record; run: make report SOURCE={request.source.name}")
    period = request.choose(read_facts(request.source, record))[0]
    from analysis.month import open_month
    from analysis.portraits import write_customer
    from analysis.report.words import words

    path = write_customer(open_month(request.source.name, str(period), call.project.root), call.given.id)
    print(words("portraits.card.written", path=path.relative_to(call.project.root)), file=call.stream)
    return 0


def _coverage(call: _Call) -> int:
    from analysis.driver.coverage import print_coverage

    source = call.project.source(call.given.source)
    said = source.clean / FACTS
    if not said.is_file():
        print(f"data/{source.name} has no clean ledger yet: what it lacks is not told", file=sys.stderr)
    lacking = find_lacking(json.loads(said.read_text(encoding="utf-8"))) if said.is_file() else frozenset[str]()
    return print_coverage(call.project, call.contents, lacking, source.name, call.stream)


def _clean(call: _Call) -> int:
    from analysis.driver.tidy import clean

    names = [call.given.source] if call.given.source else call.project.sources()
    return clean(call.project, [call.project.source(name) for name in names], call.stream)


def _demo(call: _Call) -> int:
    from analysis.demo import write_demo

    options = {name: value for name in ("customers", "months", "seed") if (value := getattr(call.given, name)) is not None}
    if call.given.out is not None:
        write_demo(call.given.out, dirt=call.given.dirt, truth=False, **options)
        print(f"wrote {call.given.out}", file=call.stream)
        return 0
    source = call.project.source(DEMO)
    # Asked for by hand: from now on no run replaces these files, even when the simulation's code changes.
    (source.runs / SIMULATED).unlink(missing_ok=True)
    write_demo(source.raw, dirt=call.given.dirt, truth_folder=source.folder / "truth", **options)
    print("wrote data/demo/raw", file=call.stream)
    return 0


def _truth(call: _Call) -> int:
    import pandas as pd

    from analysis.ledger import Ledger
    from analysis.month import open_month
    from analysis.value.truth import compare_truth

    source = call.project.source(DEMO)
    path = source.folder / "truth" / "customers.csv"
    if not path.is_file():
        raise RunError("data/demo/truth/customers.csv is not there: make report SOURCE=demo simulates the company and its truth")
    last = Period.last_covered(Ledger(source.folder / "clean").covered_until)
    if call.given.period and Period.parse(call.given.period) != last:
        raise RunError(f"--period {call.given.period}: the demo company's truth is of the twelve months after {last}; leave the period out")
    month = open_month(DEMO, str(last), call.project.root)
    verdict = compare_truth(month.read("value"), month.read("scores"), pd.read_csv(path))
    for name, number in verdict.totals.items():
        print(f"{name:18}{number:14,.{0 if abs(number) >= 100 else 3}f}", file=call.stream)
    print(verdict.tenths.round(3).to_string(index=False), file=call.stream)
    return 0


def simulate(folder: Path) -> None:
    """Write the demo company's raw files into a source's folder; nothing but the command line knows of the simulation."""
    from analysis.ledger.parts import GROUPS
    from analysis.ledger.worker import stand_by

    stand_by(len(GROUPS))  # cleaning comes next
    from analysis.demo import write_demo

    write_demo(folder / "raw", truth_folder=folder / "truth")


_COMMANDS = {
    "report": _report,
    "explain": _explain,
    "verify": _verify,
    "backfill": _backfill,
    "ledger": _ledger,
    "data": _data,
    "coverage": _coverage,
    "customer": _customer,
    "clean": _clean,
    "demo": _demo,
    "truth": _truth,
}

if __name__ == "__main__":
    sys.exit(main())
