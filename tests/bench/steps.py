"""What every subject of the race does: read the same summary statistics, take the time of each step, print one line of JSON.

It runs in each peer's own environment, so it needs no more than numpy and pandas.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def run(
    fit_orders: Callable[[Any], Any],
    fit_spend: Callable[[Any], Any],
    predict: Callable[[Any, Any, Any, float], tuple[Any, Any]],
    prepare: Callable[[pd.DataFrame], Any] = lambda given: given,
) -> None:
    """Time a subject's steps on the file and the weeks that the command line names.

    Parameters
    ----------
    fit_orders, fit_spend : function of what `prepare` gives
        Return fitted models.
    predict : function of both models, what `prepare` gives, and weeks
        Returns each customer's expected orders in these weeks, and amount of an order.
    prepare : function of the summary statistics
        `x`, `t_x`, `T` (weeks) and `m`, one row a customer, in the subject's own form; not timed.
    """
    path, weeks = sys.argv[1], float(sys.argv[2])
    given = prepare(pd.DataFrame(dict(np.load(path))))
    began = time.perf_counter()
    orders = fit_orders(given)
    fitted_orders = time.perf_counter()
    spend = fit_spend(given)
    fitted = time.perf_counter()
    expected, amount = predict(orders, spend, given, weeks)
    told = {
        "fit_orders_seconds": fitted_orders - began,
        "fit_seconds": fitted - began,
        "predict_seconds": time.perf_counter() - fitted,
        "expected_orders": float(expected.sum()),
        "expected_spend": float((expected * amount).sum()),
    }
    print(json.dumps(told))
