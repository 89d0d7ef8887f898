"""A source made of CSV texts, and its clean ledger as plain Python rows."""

from analysis.ledger.build import build_ledger

HEAD = """title = "Test"
currency = "{currency}"
zone = "{zone}"
home_country = "China"
founded = 2024-01-01
covered_until = 2024-12-31
"""


def clean(folder, tables, more="", zone="Asia/Shanghai", currency="CNY", **options):
    """Build the clean ledger of `tables` (canonical name -> CSV text); `options`: table -> further lines of its part."""
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    parts = [HEAD.format(zone=zone, currency=currency) + more]
    for name, text in tables.items():
        (raw / f"{name}.csv").write_text(text.strip() + "\n", encoding="utf-8")
        said = 'encoding = "utf-8"\ndelimiter = ","\nformats = "iso"\n' + options.get(name, "")
        parts.append(f'[tables.{name}]\nfile = "raw/{name}.csv"\n{said}')
    (folder / "ledger.toml").write_text("\n".join(parts), encoding="utf-8")
    return build_ledger(folder)


def rows(ledger, name, *columns):
    """Rows of a table of the clean folder, as tuples of `columns`, in the order of the file."""
    return [tuple(row[column] for column in columns) for row in ledger.read(name).to_pyarrow().to_pylist()]
