"""This project's BG/NBD and Gamma-Gamma on the same summary statistics as its peers get."""

from datetime import date

from steps import run

from analysis.forecast.bg_nbd import BG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.gamma_gamma import fit_spend

run(
    fit_orders=lambda given: BG_NBD.fit(Snapshot(date(1970, 1, 1), given)),
    fit_spend=lambda given: fit_spend(given["x"], given["m"]),
    predict=lambda orders, spend, given, weeks: (orders.predict(weeks * 7)["expected_orders"], spend.predict()),
)
