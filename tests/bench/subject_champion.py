"""This project's champion, fitted to copies of a ledger's customers and scored; prints one line of JSON."""

import json
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from analysis.forecast.champion import fit_past
from analysis.forecast.scorer import score
from analysis.forecast.scoring import choose
from analysis.history.past import make_past, read_past, statistics
from analysis.ledger import Ledger
from analysis.params import load_params

AS_OF = date(1998, 3, 31)


def main(clean: str, copies: int) -> None:
    """Time the fit and the scoring of `copies` of each customer of the ledger in the folder `clean`."""
    params = load_params().forecast
    once = read_past(Ledger(Path(clean)), AS_OF)
    names = np.array([f"{name}-{copy}" for copy in range(copies) for name in once.ids], dtype=object)
    customer = np.concatenate([once.customer + copy * len(once.ids) for copy in range(copies)])
    parts = (np.tile(part, copies) for part in (once.ordered, once.known, once.amount))
    past = make_past(AS_OF, pa.chunked_array([pa.array(names[customer])]), *parts)
    began = time.perf_counter()
    champion = fit_past(past, choose(statistics(past.days(AS_OF), past.ids), params), params)
    fitted = time.perf_counter()
    scores = score(champion, AS_OF, params)
    told = {"customers": len(scores), "fit_seconds": fitted - began, "predict_seconds": time.perf_counter() - fitted}
    print(json.dumps(told | {"seconds": time.perf_counter() - began, "expected_orders": float(scores["expected_orders"].sum())}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
