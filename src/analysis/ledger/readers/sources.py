"""Raw files of a part of ledger.toml, each with the reader of its format."""

from __future__ import annotations

from pathlib import Path

from analysis.ledger.options import FileConfig
from analysis.ledger.readers.columnar import ParquetFile
from analysis.ledger.readers.delimited import DelimitedFile
from analysis.ledger.readers.excel import open_sheets
from analysis.ledger.readers.files import find, format_of
from analysis.ledger.readers.fixed import FixedFile
from analysis.ledger.readers.raw import RawFile


def open_files(part: FileConfig, folder: Path, where: str, wanted: set[str], encodings: dict[str, str]) -> list[RawFile]:
    """Open the raw files (sheets) of `part`, headers read, in reading order.

    Parameters
    ----------
    part : FileConfig
        Which files, and how they are read.
    folder : Path
        ``data/<source>``.
    where : str
        The part's place in ledger.toml, for messages.
    wanted : set of str
        Names that the header should hold, by which a delimiter is recognised.
    encodings : dict
        Encodings that were found by reading whole files, by path relative to `folder`.
    """
    opened: list[RawFile] = []
    for path in find(part, folder, where):
        file = path.relative_to(folder).as_posix()
        kind = format_of(part, path, where)
        if kind == "excel":
            opened += open_sheets(path, file, part)
        elif kind == "parquet":
            opened.append(ParquetFile(path, file))
        elif kind == "fixed":
            opened.append(FixedFile(path, file, part, encodings))
        else:
            opened.append(DelimitedFile(path, file, part, wanted, encodings, "\t" if kind == "tsv" else ""))
    return opened
