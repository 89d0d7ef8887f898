"""This project's classes, clusters, movement and codes of many customers; prints one line of JSON a step.

Customers are copies of the demo company's: every row of its finished tables (customers, spells, traits, margins, voices, activity,
sales) once a copy, under an id of the copy's own. What a copy spends is that of its original by a factor of its own (log-normal, a
spread of 0.2), and all of its sales lie up to 27 days earlier, so that copies neither tie nor take the same path through the classes.
Tables of a month and of its base month are copied alike. Reading the ledger and forecasting are not timed here.
"""

import json
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.codes import build_codes, decode, gather_labels, match, validate
from analysis.codes.needs import rank_urgency
from analysis.history.activity import read_activity
from analysis.history.past import Past, make_past
from analysis.month import Month
from analysis.period import Period
from analysis.segments import build_segments, fit_cutoffs
from analysis.segments.cluster_features import describe_buyers
from analysis.segments.clusters import add_clusters, fit_clusters
from analysis.segments.composition import count_months
from analysis.segments.composition_grades import sum_up_grades, tabulate_composition
from analysis.segments.flips import SCHEMES, estimate_flips
from analysis.segments.replay import replay_classes
from analysis.segments.schemes import build_classes, fit_class_cutoffs, gather
from analysis.segments.standing import Measured

PERIOD = Period(2026, 10)
SPREAD, EARLIER_DAYS, SEED = 0.2, 28, 20111209
SPENT = ("spend_total", "spend_mean", "mean_repeat_spend", "revenue", "cost")
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Copies:
    """Copies of customers: their ids, how much more each spends, and how much earlier it bought."""

    def __init__(self, originals: Iterable[pd.Index], count: int):
        self.once = pd.Index(sorted(set().union(*originals)), dtype=object)
        self.count = count
        self.names = np.array([f"{name}-{copy:03}" for copy in range(count) for name in self.once], dtype=object)
        rng = np.random.default_rng(SEED)
        self.factor = np.exp(rng.normal(0.0, SPREAD, len(self.names)))
        self.earlier = rng.integers(0, EARLIER_DAYS, len(self.names))

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Every row of a table once a copy."""
        who = self._who(self.once.get_indexer(pd.Index(table["customer_id"])))
        made = table.take(np.tile(np.arange(len(table)), self.count)).reset_index(drop=True)
        spent = {name: made[name] * self.factor[who] for name in SPENT if name in made}
        return made.assign(customer_id=self.names[who], **spent)

    def of_sales(self, past: Past) -> Past:
        """Every sale and cancellation once a copy."""
        who = self._who(self.once.get_indexer(past.ids)[past.customer])
        ordered, known = (np.tile(days, self.count) - self.earlier[who] for days in (past.ordered, past.known))
        amount = np.tile(past.amount, self.count) * self.factor[who]
        return make_past(past.as_of, pa.chunked_array([pa.array(self.names[who])]), ordered, known, amount)

    def _who(self, place: np.ndarray) -> np.ndarray:
        return (np.arange(self.count)[:, None] * len(self.once) + place).ravel()


def main(folder: str, customers: int) -> None:
    """Time every step on at least `customers` copies of those of the source in `folder`."""
    month = Month(Path(folder), PERIOD)
    base, params, as_of = month.base, month.params, month.as_of
    once, once_base = month.read("customers"), base.read("customers")
    churn, scores = month.read("churn"), month.read("scores")
    stays_once = churn[["customer_id", "is_lapsed"]].assign(p_stay=churn["customer_id"].map(scores.set_index("customer_id")["p_order"]))
    ends = [PERIOD.shift(-back).as_of for back in range(count_months(params.movement) - 1, -1, -1)]
    with timed("copies of the tables"):
        copies = Copies([pd.Index(once["customer_id"]), pd.Index(once_base["customer_id"]), month.past.ids], -(-customers // len(once)))
        people, spells, people_base, spells_base = (copies.of(m.read(name)) for m in (month, base) for name in ("customers", "spells"))
    baskets_base, baskets = copies.of(base.baskets), copies.of(month.baskets)
    with timed("cut-offs of segments, tiers and stages"):
        cutoffs = fit_cutoffs(people_base, spells_base, params, base.period)
    with timed("segments, tiers and stages"):
        segments = build_segments(people, spells, as_of, params, cutoffs)
    with timed(f"clusters: fit ({params.clusters.fit_customers:,} customers)"):
        clusters = fit_clusters(people_base, spells_base, baskets_base, params.clusters, str(base.period))
    with timed("clusters: every buyer's"):
        segments = add_clusters(segments, clusters, describe_buyers(people, spells, baskets))
    traits, margins, voices = (copies.of(table) for table in (base.traits, base.margins, month.voices))
    with timed("cut-offs of the classes"):
        held = fit_class_cutoffs(gather(people_base, traits, margins, base.as_of, params), spells_base, params, str(base.period))
    traits, margins = copies.of(month.traits), copies.of(month.margins)
    with timed("classes of all schemes"):
        facts = gather(people, traits, margins, as_of, params, segments, cutoffs)
        classes = build_classes(facts, voices, held, as_of, params, month.config.home_country)
    del facts, traits, margins, voices
    with timed(f"customers on a border ({params.movement.flip_samples} samples)"):
        estimate_flips(Measured(people, spells, people_base, spells_base, cutoffs), params)
    del spells, people_base, spells_base
    past, activity = copies.of_sales(month.past), copies.of(read_activity(month.ledger, ends))
    with timed(f"classes of {len(ends)} months"):
        history = replay_classes(past, activity, ends, cutoffs, params)
    del past, activity
    with timed("composition ahead and its grades"):
        tabulate_composition(history, sum_up_grades(history, SCHEMES, params.movement), params.movement)
    del history
    stays, needs = copies.of(stays_once), copies.of(month.needs[month.needs["customer_id"].isin(copies.once)])
    with timed("labels of codes"):
        labels = gather_labels(classes, people, segments, stays, rank_urgency(needs, params.codes), params.codes, has_answers=True)
    del classes, people, segments, stays, needs
    with timed("codes: encode"):
        codes = build_codes(labels, month.codebook)
    with timed("codes: validate"):
        faults = validate(codes["code"], month.codebook)
    with timed("codes: decode"):
        decode(codes["code"], month.codebook)
    with timed("codes: match"):
        found = match(codes, type="individual", risk=("high", "medium"), book=month.codebook)
    if (faults != "").any() or not len(found):
        sys.exit("the codes do not hold what they were made from")


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Print a step's seconds and the most memory held in it, tables that it was given included."""
    if RESET.exists():
        RESET.write_text("5", encoding="ascii")
    began = time.perf_counter()
    yield
    print(json.dumps({"step": step, "seconds": time.perf_counter() - began, "peak_megabytes": _peak()}), flush=True)


def _peak() -> int:
    """High-water mark since the last reset, in megabytes; where there is none to read, that of the whole process."""
    if STATUS.exists():
        return next(int(line.split()[1]) // 1024 for line in STATUS.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
