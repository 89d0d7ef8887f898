"""Displays of tables, cards and sentences: pure objects that a notebook's cell returns."""

from analysis.report.show import portraits as _portraits
from analysis.report.show import tables
from analysis.report.show.adapt import reasons, remarks
from analysis.report.show.cards import Card, cards
from analysis.report.show.display import DISPLAY_MIME, KPI_MIME, TABLE_MIME, Display, TableData
from analysis.report.show.gaps import or_gap
from analysis.report.show.notes import Missing, columns, missing, note, parameters, sentence, status, style, verdict

table = or_gap(tables.table)
portraits = or_gap(_portraits.portraits)

__all__ = [
    "DISPLAY_MIME",
    "KPI_MIME",
    "TABLE_MIME",
    "Card",
    "Display",
    "Missing",
    "TableData",
    "cards",
    "columns",
    "missing",
    "note",
    "parameters",
    "portraits",
    "reasons",
    "remarks",
    "sentence",
    "status",
    "style",
    "table",
    "verdict",
]
