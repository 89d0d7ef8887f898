"""lifetimes, in its own environment: BG/NBD and Gamma-Gamma."""

import warnings

from steps import run

warnings.simplefilter("ignore")  # of a library that is no longer kept, about the versions of others
from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: E402  (its import warns too)


def fit_spend(given):
    """Of those who came back and spent."""
    repeat = given[(given["x"] > 0) & (given["m"] > 0)]
    return GammaGammaFitter().fit(repeat["x"], repeat["m"])


def predict(orders, spend, given, weeks):
    """Expected orders, and amount of an order."""
    expected = orders.conditional_expected_number_of_purchases_up_to_time(weeks, given["x"], given["t_x"], given["T"])
    return expected, spend.conditional_expected_average_profit(given["x"], given["m"])


run(lambda given: BetaGeoFitter().fit(given["x"], given["t_x"], given["T"]), fit_spend, predict)
