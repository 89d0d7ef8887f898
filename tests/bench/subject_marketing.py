"""pymc-marketing (maximum a posteriori), in its own environment: BG/NBD and Gamma-Gamma."""

import logging
import warnings

from steps import run

warnings.simplefilter("ignore")  # of its own dependencies, about each other
logging.disable()
from pymc_marketing.clv import BetaGeoModel, GammaGammaModel  # noqa: E402  (its import warns too)


def prepare(given):
    """The columns as it calls them."""
    return given.rename(columns={"x": "frequency", "t_x": "recency", "m": "monetary_value"}).assign(customer_id=range(len(given)))


def fit_orders(given):
    """BG/NBD."""
    model = BetaGeoModel(data=given[["customer_id", "frequency", "recency", "T"]])
    model.fit(method="map", progressbar=False)
    return model


def fit_spend(given):
    """Gamma-Gamma, of those who came back and spent."""
    repeat = given.loc[(given["frequency"] > 0) & (given["monetary_value"] > 0), ["customer_id", "frequency", "monetary_value"]]
    model = GammaGammaModel(data=repeat)
    model.fit(method="map", progressbar=False)
    return model


def predict(orders, spend, given, weeks):
    """Expected orders, and amount of an order."""
    expected = orders.expected_purchases(data=given[["customer_id", "frequency", "recency", "T"]], future_t=weeks)
    return expected.to_numpy().ravel(), spend.expected_customer_spend(data=given).to_numpy().ravel()


run(fit_orders, fit_spend, predict, prepare)
