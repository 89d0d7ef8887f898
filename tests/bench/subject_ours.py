"""This project's BG/NBD and Gamma-Gamma on the same summary statistics as its peers get; prints one line of JSON."""

import json
import sys
import time
from datetime import date

import numpy as np
import pandas as pd

from analysis.forecast.bg_nbd import BG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.gamma_gamma import fit_spend


def main(path: str, weeks: float) -> None:
    """Time both steps on the file at `path` (`x`, `t_x`, `T`, `m`; weeks)."""
    given = pd.DataFrame(dict(np.load(path)))
    began = time.perf_counter()
    orders = BG_NBD.fit(Snapshot(date(1970, 1, 1), given))
    fitted_orders = time.perf_counter()
    spend = fit_spend(given["x"], given["m"])
    fitted = time.perf_counter()
    expected = orders.predict(weeks * 7)["expected_orders"]
    amount = spend.predict()
    print(
        json.dumps(
            {
                "fit_orders_seconds": fitted_orders - began,
                "fit_seconds": fitted - began,
                "predict_seconds": time.perf_counter() - fitted,
                "expected_orders": float(expected.sum()),
                "expected_spend": float((expected * amount).sum()),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
