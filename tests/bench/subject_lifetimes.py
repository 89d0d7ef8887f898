"""lifetimes, in its own environment: fit BG/NBD and Gamma-Gamma to summary statistics and predict; prints one line of JSON."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")  # of a library that is no longer kept, about the versions of others
from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: E402  (its import warns too)


def main(path: str, weeks: float) -> None:
    """Time both steps on the file at `path` (`x`, `t_x`, `T`, `m`; weeks)."""
    given = pd.DataFrame(dict(np.load(path)))
    began = time.perf_counter()
    orders = BetaGeoFitter().fit(given["x"], given["t_x"], given["T"])
    fitted_orders = time.perf_counter()
    repeat = given[(given["x"] > 0) & (given["m"] > 0)]
    spend = GammaGammaFitter().fit(repeat["x"], repeat["m"])
    fitted = time.perf_counter()
    expected = orders.conditional_expected_number_of_purchases_up_to_time(weeks, given["x"], given["t_x"], given["T"])
    amount = spend.conditional_expected_average_profit(given["x"], given["m"])
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
