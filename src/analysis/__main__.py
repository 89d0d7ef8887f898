"""The command line: ``python -m analysis <command>``. Standard library only, until there is work to do."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from analysis.driver.errors import RunError
from analysis.driver.graph import Contents
from analysis.driver.months import Request, run
from analysis.driver.prepare import DEMO, Facts
from analysis.driver.project import Project
from analysis.driver.tools import Tools
from analysis.period import Period, PeriodError
from analysis.run import CONTENTS

TOOLS = Tools(simulate="analysis.__main__:simulate")


class _Parser(argparse.ArgumentParser):
    """Errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; python -m analysis --help lists the commands\n")


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
        return _COMMANDS[given.command](given, project, contents, tools, stream or sys.stdout)
    except (RunError, PeriodError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="analysis", description="A customer ledger becomes a monthly report.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command", parser_class=_Parser)

    def add(name: str, words: str, period: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        command.add_argument("--source", default=DEMO, help="folder below data/ (default: demo)")
        command.add_argument("--language", default=os.environ.get("REPORT_LANG") or "en", help="of the report (default: REPORT_LANG or en)")
        if period:
            command.add_argument("--period", default="", help="YYYY-MM (default: the last month that the data cover whole)")
            command.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="another parameter of a notebook")
        return command

    add("report", "publish a month")
    add("explain", "say what would run again, and why")
    add("verify", "run a month again elsewhere and compare every byte with what is published")
    backfill = add("backfill", "publish many months, in parallel", period=False)
    backfill.add_argument("--from", dest="first", default="", help="first month, YYYY-MM (default: the first one)")
    backfill.add_argument("--to", dest="last", default="", help="last month, YYYY-MM, inclusive (default: the last one)")
    add("data", "bring a source's raw files", period=False)
    add("clean", "remove what a run can make again", period=False)
    return parser


def _request(given: argparse.Namespace, project: Project, contents: Contents, tools: Tools, stream: TextIO) -> Request:
    source = project.source(given.source)
    if given.period:
        Period.parse(given.period)
    extra = {}
    for pair in given.param:
        name, sign, value = pair.partition("=")
        if not sign or name in ("source", "period"):
            raise RunError(f"--param {pair}: write NAME=VALUE; source and period have options of their own")
        extra[name] = value

    def choose(facts: Facts) -> list[Period]:
        return [facts.choose(given.period or None, source.name)]

    command = f"make report SOURCE={source.name} PERIOD={{period}}"
    return Request(project, source, contents, tools, choose, command, given.language, extra, stream)


def _report(given: argparse.Namespace, project: Project, contents: Contents, tools: Tools, stream: TextIO) -> int:
    return run(_request(given, project, contents, tools, stream))


_COMMANDS = {"report": _report}


def simulate(folder: Path) -> None:
    """Write the demo company's raw files; nothing but the command line knows of the simulation."""
    from analysis.demo import write_demo

    write_demo(folder / "raw", truth_folder=folder / "truth")


if __name__ == "__main__":
    sys.exit(main())
