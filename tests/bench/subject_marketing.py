"""pymc-marketing (maximum a posteriori), in its own environment: BG/NBD and Gamma-Gamma; prints one line of JSON."""

import json
import logging
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")  # of its own dependencies, about each other
logging.disable()
from pymc_marketing.clv import BetaGeoModel, GammaGammaModel  # noqa: E402  (its import warns too)


def main(path: str, weeks: float) -> None:
    """Time both steps on the file at `path` (`x`, `t_x`, `T`, `m`; weeks)."""
    given = pd.DataFrame(dict(np.load(path)))
    customers = pd.DataFrame({"customer_id": range(len(given)), "frequency": given["x"], "recency": given["t_x"], "T": given["T"]})
    repeat = customers.assign(monetary_value=given["m"])[["customer_id", "frequency", "monetary_value"]]
    repeat = repeat[(repeat["frequency"] > 0) & (repeat["monetary_value"] > 0)]
    began = time.perf_counter()
    orders = BetaGeoModel(data=customers)
    orders.fit(method="map", progressbar=False)
    fitted_orders = time.perf_counter()
    spend = GammaGammaModel(data=repeat)
    spend.fit(method="map", progressbar=False)
    fitted = time.perf_counter()
    expected = orders.expected_purchases(data=customers, future_t=weeks).to_numpy().ravel()
    amount = spend.expected_customer_spend(data=customers.assign(monetary_value=given["m"])).to_numpy().ravel()
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
