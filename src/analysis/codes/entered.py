"""Codes that people entered in a source: whether they are well-formed, one customer's, and in agreement with the data."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.codes.book import MONTHLY, Codebook, CodeError, Part
from analysis.codes.coding import FAULTS, OTHER_VERSION, WRONG_CHECK, decode, encode, validate
from analysis.contracts import Missing
from analysis.history.orders import collect, survivors
from analysis.ledger.store import instant_after

if TYPE_CHECKING:
    from analysis.ledger import Ledger

REUSED, TWO_CODES, CONFLICTING, STALE, INCOMPLETE = "reused", "two_codes", "conflicting", "stale", "incomplete"
REASONS = (*FAULTS, REUSED, TWO_CODES, CONFLICTING, STALE, INCOMPLETE)
"""Why a code waits for a person, in the order in which reasons are looked for."""

COLUMNS = ("customer_id", "entered_code", "reason", "part", "code_says", "data_say", "proposed", "owner")
MASTER = (
    *("customer_type", "industry", "contract_type", "gender", "occupation", "city", "region", "country"),
    *("acquisition_source", "declared_level"),
)


def read_entered(ledger: Ledger, as_of: date) -> pd.DataFrame | None:
    """Rows of master data that people may have coded, as known by the end of `as_of`; None where the source has no codes.

    Returns
    -------
    DataFrame
        One row a customer id of master data, sorted by `own_id`: `own_id`, `customer_id` (by the merges known then), `entered_code`,
        `owner` and the columns of `MASTER`.
    """
    if not ledger.has("customers", "entered_code"):
        return None
    rows = ledger.table("customers", as_of)
    frame = collect(rows.select("customer_id", "entered_code", "owner", *MASTER)).rename(columns={"customer_id": "own_id"})
    into = survivors(ledger, as_of)
    frame.insert(1, "customer_id", frame["own_id"].map(lambda own: into.get(own, own)))
    return frame.sort_values("own_id", ignore_index=True)


def read_earlier(ledger: Ledger, as_of: date) -> pd.DataFrame | None:
    """Master data of customers of whom the source keeps several versions: one row a version known by the end of `as_of`.

    None where the source does not say when master data were updated.
    Columns: `own_id` and those of `MASTER`.
    """
    if not ledger.has("customers", "updated_at"):
        return None
    rows = ledger.read("customers")
    rows = rows.filter(rows.updated_at < instant_after(as_of, ledger.zone))
    versions = rows.mutate(count_versions=rows.count().over(group_by=rows.customer_id)).filter(lambda t: t.count_versions > 1)
    return collect(versions.select("customer_id", *MASTER)).rename(columns={"customer_id": "own_id"})


def review(entered: pd.DataFrame, labels: pd.DataFrame, scheme: Codebook, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
    """The review queue.

    A code is ``malformed``, of an ``other_version``, has an ``unknown_symbol`` or a ``wrong_check`` by itself (see `validate`). It
    is ``reused`` where another customer has it too and the scheme says that codes are unique; a customer whose doubles carry
    different codes has ``two_codes``. Each part is held against the data, where these know it: ``conflicting`` where they
    differ, ``stale`` where they differ but the code was right by an earlier version of the customer's data or the part changes
    monthly, ``incomplete`` where the code says unknown of what the data know. What data were only guessed are no evidence.

    Parameters
    ----------
    entered : DataFrame
        From `read_entered`.
    labels : DataFrame
        One row a customer: `customer_id` and further columns that the scheme names (`labels.gather_labels`); columns of
        `entered` go before them.
    scheme : Codebook
        How the codes are made.
    earlier : DataFrame, optional
        From `read_earlier`.

    Returns
    -------
    DataFrame
        One row a customer id, reason and part, sorted by reason, `customer_id` and part: `COLUMNS`. `proposed` is the code that the
        data give, as far as they know; `part`, `code_says`, `data_say` are empty where the whole code is meant.
    """
    rows = entered.merge(labels[["customer_id", *_needed(scheme, entered, labels)]], on="customer_id", how="left", validate="many_to_one")
    data = pd.DataFrame({part.name: _symbols(rows[part.column], part) for part in scheme.parts}, index=rows.index)
    coded = rows[rows["entered_code"].notna()]
    faults = validate(coded["entered_code"], scheme)
    found = [_tell(coded[faults != ""], faults[faults != ""])]
    sound = coded[faults == ""]
    code = sound["entered_code"].str.strip().str.upper()
    pairs = pd.DataFrame({"customer_id": sound["customer_id"], "code": code}).drop_duplicates()
    if scheme.unique:
        found.append(_tell(sound[code.isin(pairs.loc[pairs["code"].duplicated(), "code"])], REUSED))
    found.append(_tell(sound[sound["customer_id"].isin(pairs.loc[pairs["customer_id"].duplicated(), "customer_id"])], TWO_CODES))
    said = decode(code, scheme)
    for part in scheme.parts:
        found += _compare(sound, said[part.name], data.loc[sound.index, part.name], part, earlier)
    queue = pd.concat(found)
    known = data.loc[queue.index.unique()]
    known = known[(known != "").all(axis=1)]
    queue = queue.assign(proposed=encode(_as_labels(known, scheme), scheme).reindex(queue.index))[list(COLUMNS)]
    order = {**{name: place for place, name in enumerate(REASONS)}, **{name: place for place, name in enumerate(scheme.names)}, "": -1}
    return queue.sort_values(
        ["reason", "customer_id", "entered_code", "part"],
        key=lambda column: column.map(order) if column.name in ("reason", "part") else column,
        ignore_index=True,
    )


def count_review(queue: pd.DataFrame | Missing, before: pd.DataFrame | None, scheme: Codebook) -> pd.DataFrame | Missing:
    """The queue by reason, beside last month's (requirements E20, X12).

    Parameters
    ----------
    queue, before : DataFrame
        This month's and last month's `review`; `before` None where there was none.
    scheme : Codebook
        How the codes are made: a reason that it does not give is left out (a wrong check where there is none, reuse where codes
        need not be unique).

    Returns
    -------
    DataFrame
        One row a reason, in the order of `REASONS`, those without a case included: `reason`, `count_customers`, of them `count_new`
        and `count_pending` (with the same reason and part last month), `count_settled` (last month's that wait no more), and
        `count_unassigned` (of this month's, without an owner who could look at it).
    """
    if isinstance(queue, Missing):
        return queue
    key = ["customer_id", "reason", "part"]
    old = set() if before is None else set(map(tuple, before[key].to_numpy()))
    new = set(map(tuple, queue[key].to_numpy()))
    is_pending = pd.Series([tuple(row) in old for row in queue[key].to_numpy()], index=queue.index, dtype=bool)
    gone = pd.DataFrame(sorted(old - new), columns=key)
    unused = {OTHER_VERSION: not scheme.version, WRONG_CHECK: not scheme.has_check, REUSED: not scheme.unique}
    rows = []
    for reason in REASONS:
        if unused.get(reason):
            continue
        here = queue[queue["reason"] == reason]
        pending = here.loc[is_pending[here.index], "customer_id"].nunique()
        count, unassigned = here["customer_id"].nunique(), here.loc[here["owner"].isna(), "customer_id"].nunique()
        settled = gone.loc[(gone["reason"] == reason), "customer_id"]
        rows.append((reason, count, count - pending, pending, settled.nunique(), unassigned))
    columns = ["reason", "count_customers", "count_new", "count_pending", "count_settled", "count_unassigned"]
    return pd.DataFrame(rows, columns=columns)


def headline(entered: pd.DataFrame | None, queue: pd.DataFrame | Missing) -> dict[str, float]:
    """Entered codes in numbers: `rows` of master data, `coded` of them, `waiting` customers in the queue, `sound` codes.

    Also `reviewers` (owners of customers in the queue), and the `most` customers that wait for one of them.
    """
    if entered is None or isinstance(queue, Missing):
        return dict.fromkeys(("rows", "coded", "waiting", "sound", "reviewers", "most"), 0)
    coded = int(entered["entered_code"].notna().sum())
    waiting = int(queue["customer_id"].nunique())
    wrong = queue.drop_duplicates(["customer_id", "entered_code"])
    owned = queue.dropna(subset="owner").drop_duplicates(["customer_id", "owner"])["owner"].value_counts()
    most = int(owned.max()) if len(owned) else 0
    return {"rows": len(entered), "coded": coded, "waiting": waiting, "sound": coded - len(wrong), "reviewers": len(owned), "most": most}


def count_parts(queue: pd.DataFrame | Missing) -> pd.DataFrame:
    """In which part codes and data differ: one row a part and reason, most customers first: `part, reason, count_customers`."""
    if isinstance(queue, Missing):
        return pd.DataFrame(columns=["part", "reason", "count_customers"])
    counts = queue[queue["part"] != ""].groupby(["part", "reason"])["customer_id"].nunique().rename("count_customers").reset_index()
    return counts.sort_values(["count_customers", "part", "reason"], ascending=[False, True, True], ignore_index=True)


def _needed(scheme: Codebook, entered: pd.DataFrame, labels: pd.DataFrame) -> list[str]:
    wanted = list(dict.fromkeys(part.column for part in scheme.parts if part.column not in entered))
    for column in wanted:
        if column not in labels:
            known = ", ".join(sorted({*MASTER, *labels.columns} - {"customer_id"}))
            raise CodeError(f"entered_code: a part is made from {column}, which does not exist; columns: {known}")
    return wanted


def _symbols(values: pd.Series, part: Part) -> pd.Series:
    """Symbol of what the data say; the unknown one (or nothing) where they say nothing, or what the scheme has no symbol for."""
    text = values.astype(object).where(values.notna(), None)
    found = {value: part.spelt.get(str(value).strip().lower(), part.other or part.unknown) for value in text.dropna().unique()}
    return text.map(found).where(text.notna(), part.unknown)


def _as_labels(data: pd.DataFrame, scheme: Codebook) -> pd.DataFrame:
    """Labels of symbols."""
    return pd.DataFrame({part.name: data[part.name].map(part.labels) for part in scheme.parts}, index=data.index)


def _tell(rows: pd.DataFrame, reason: str | pd.Series) -> pd.DataFrame:
    return rows[["customer_id", "entered_code", "owner"]].assign(reason=reason, part="", code_says=None, data_say=None)


def _compare(rows: pd.DataFrame, said: pd.Series, data: pd.Series, part: Part, earlier: pd.DataFrame | None) -> list[pd.DataFrame]:
    """Rows whose code and data say different things of a part."""
    written = said.map({label: symbol for symbol, label in part.labels.items()})
    is_told = (data != part.unknown) & (data != "")
    differs = is_told & (written != data)
    is_blank = differs & (written == part.unknown)
    was_right = pd.Series(False, index=rows.index)
    if earlier is not None and len(earlier) and part.column in earlier and differs.any():
        past = earlier.assign(symbol=_symbols(earlier[part.column], part))
        right = set(zip(past["own_id"], past["symbol"], strict=True))
        was_right = pd.Series([pair in right for pair in zip(rows["own_id"], written, strict=True)], index=rows.index, dtype=bool)
    is_stale = differs & ~is_blank & (was_right | (part.changes == MONTHLY))
    cases = ((INCOMPLETE, is_blank), (STALE, is_stale), (CONFLICTING, differs & ~is_blank & ~is_stale))
    return [
        _tell(rows[held], reason).assign(part=part.name, code_says=said[held], data_say=data[held].map(part.labels))
        for reason, held in cases
        if held.any()
    ]
