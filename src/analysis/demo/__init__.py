"""The demo company: a seeded simulation with known truth, every canonical table, and realistic dirt.

Nothing of the analysis imports this package: it writes raw files, as a company would hand them over.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

CHUNK = 5000
"""Customers simulated at a time; memory does not depend on their number."""
MAX_CUSTOMERS = 8_000_000  # further customer ids are those of people who registered twice
MAX_MONTHS = 120


def write_demo(
    folder: Path,
    customers: int = 5000,
    months: int = 36,
    seed: int = 1,
    dirt: Literal["default", "none"] = "default",
    truth: bool = True,
    truth_folder: Path | None = None,
) -> None:
    """Write the demo company's raw files: one CSV for each canonical table of `analysis.contracts.LEDGER`.

    The data end on the last day of `analysis.demo.company.LAST_DAY`'s month and begin `months` whole months before. Money
    is in yuan, times are local (Asia/Shanghai). Same arguments, same bytes; customers of a full chunk are the same
    whatever the number of customers.

    Parameters
    ----------
    folder : Path
        Where ``<table>.csv`` go; made if need be, and files of the same name replaced.
    customers : int
        Rows of customers.csv, before dirt.
    months : int
        Length of the data.
    seed : int
        Of all draws.
    dirt : {"default", "none"}
        Whether faults are put in.
    truth : bool
        Whether the truth is written: customers.csv (a row a customer), parameters.json, and faults.csv (a row a fault:
        table, line from 1 without the header, column, kind, what cleaning is expected to do, text before and after).
    truth_folder : Path, optional
        Where the truth goes; by default the folder ``truth`` beside `folder`.

    Raises
    ------
    ValueError
        A number of customers or months that cannot be simulated.
    """
    from analysis.contracts import LEDGER
    from analysis.demo.calendar import make_calendar
    from analysis.demo.dirt import pollute
    from analysis.demo.sheets import Row, Sheet
    from analysis.demo.simulation import Lots, simulate
    from analysis.demo.truth import write_faults, write_parameters, write_truth
    from analysis.demo.writing import Writer

    for name, value, high in (("customers", customers, MAX_CUSTOMERS), ("months", months, MAX_MONTHS)):
        if not 1 <= value <= high:
            raise ValueError(f"{name} = {value} is not possible; give 1 to {high}")
    calendar, keys = make_calendar(months), Counter[str]()
    data, known = Writer(folder), Writer(truth_folder or Path(folder).parent / "truth") if truth else None
    try:
        for chunk, first in enumerate(range(0, customers, CHUNK)):
            rng = Lots(seed, chunk)
            made = simulate(rng, first + 1, min(CHUNK, customers - first), calendar, keys)
            tables = {name: made.tables[name] for name in LEDGER if chunk == 0 or name != "products"}
            faults: list[Row] = []
            if dirt == "default":
                sheets = {name: Sheet(name, table, made.free.get(name), rng[f"dirt in {name}"]) for name, table in tables.items()}
                pollute(sheets, calendar, keys)
                for name, sheet in sheets.items():
                    tables[name], found = sheet.finish(data.rows.get(name, 0) + 1)
                    faults += found
            for name, table in tables.items():
                data.append(name, table)
            if known:
                known.append("customers", write_truth(made, calendar))
                known.append("faults", write_faults(faults))
        if known:
            write_parameters(known.partial / "parameters.json", calendar, customers, seed, dirt)
            known.publish()
        data.publish()
    finally:
        for writer in filter(None, (data, known)):
            writer.drop()


def main(argv: list[str] | None = None) -> int:
    """Run ``python -m analysis demo``: write the demo company, and return the exit code."""
    import argparse

    cli = argparse.ArgumentParser(
        prog="python -m analysis demo",
        description="Simulate the demo company: raw CSV files of every table, and the truth about them. Same seed, same bytes.",
        epilog="Without --out the files go to data/demo/raw and data/demo/truth, where `make report` reads them.",
    )
    cli.add_argument(
        "--customers", type=int, default=5000, metavar="N", help="how many customers (default 5000; millions fit in little memory)"
    )
    cli.add_argument("--months", type=int, default=36, metavar="M", help="whole months of data, the last one 2026-10 (default 36)")
    cli.add_argument("--seed", type=int, default=1, metavar="S", help="of all random draws (default 1)")
    cli.add_argument("--dirt", choices=("default", "none"), default="default", help="put realistic faults into the files, or none")
    cli.add_argument("--out", type=Path, metavar="DIR", help="write the tables to DIR and the truth to DIR/truth")
    args = cli.parse_args(argv)
    raw = args.out or Path("data/demo/raw")
    truth = args.out / "truth" if args.out else Path("data/demo/truth")
    try:
        if args.seed < 0:
            raise ValueError(f"seed = {args.seed} is not possible; give 0 or more")
        write_demo(raw, args.customers, args.months, args.seed, args.dirt, truth_folder=truth)
    except (ValueError, OSError) as error:
        cli.exit(1, f"{cli.prog}: {error}\n")
    from analysis.demo.calendar import make_calendar
    from analysis.demo.company import LAST_DAY

    print(f"{args.customers} customers from {make_calendar(args.months).start} to {LAST_DAY} in {raw}, the truth in {truth}")
    return 0
