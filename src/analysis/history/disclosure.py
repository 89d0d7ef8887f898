"""Small groups of people: pooled or blanked, so that no page tells one person's numbers, not even by subtraction."""

from __future__ import annotations

import pandas as pd


def small_groups(counts: pd.Series, min_cell: int) -> pd.Index:
    """Labels of the groups that may not stand alone.

    Parameters
    ----------
    counts : Series
        One row a group, labels in the index: the number of people in it.
    min_cell : int
        Groups of 1 to ``min_cell - 1`` people are small; a group of exactly ``min_cell`` is not.

    Returns
    -------
    Index
        The small groups, and, while they hold fewer than `min_cell` people together, the next larger ones too: else
        the total minus the shown groups would tell what the hidden ones hold. Empty groups are never hidden.
    """
    ordered = counts[counts > 0].sort_values(kind="stable")
    hidden = int((ordered < min_cell).sum())
    if hidden == 0:
        return ordered.index[:0]
    while hidden < len(ordered) and ordered.iloc[:hidden].sum() < min_cell:
        hidden += 1
    return ordered.index[:hidden]


def hide_small(table: pd.DataFrame, count: str, columns: list[str], min_cell: int) -> pd.DataFrame:
    """`table` with `columns` blanked in the rows whose `count` of people is small; `count` itself stays."""
    index = table.reset_index(drop=True)
    rows = small_groups(index[count], min_cell)
    hidden = index.index.isin(rows)
    return index.assign(**{column: index[column].mask(hidden) for column in columns})
