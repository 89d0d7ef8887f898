"""Forecasts of earlier dates against what happened."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.forecast import backtest, closed_dates, replay
from analysis.forecast.backtest import Replays
from analysis.forecast.bg_nbd import BG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.own_rate import OWN_RATE
from analysis.forecast.scoring import SURVIVAL_CANDIDATES
from analysis.params import load_params
from clean_ledger import write_clean

PARAMS = load_params().forecast
AS_OF = date(2020, 6, 30)


def lines(size=150, seed=3, until=date(2020, 9, 30)):
    generator = np.random.default_rng(seed)
    rows = []
    for customer in range(size):
        day = date(2020, 1, 1) + timedelta(days=int(generator.integers(0, 120)))
        gap = generator.gamma(2, 25)
        while day <= until:
            rows.append((f"c{customer:03d}", day, round(float(generator.gamma(3, 10)), 2)))
            if generator.random() < 0.25:
                break
            day += timedelta(days=1 + int(generator.exponential(gap)))
    return pd.DataFrame(rows, columns=["customer_id", "ordered_on", "amount"])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    return write_clean(tmp_path_factory.mktemp("clean"), {"order_lines": lines()}, covered_until="2020-09-30")


def test_one_row_per_date_and_candidate(ledger):
    table = backtest(ledger, [date(2020, 5, 31), AS_OF], 60, PARAMS, [OWN_RATE, BG_NBD])
    assert list(zip(table["as_of"].dt.month, table["model"], strict=True)) == [
        (5, "own past rate"), (5, "BG/NBD"), (6, "own past rate"), (6, "BG/NBD"),
    ]  # fmt: skip


def test_the_floor_is_below_the_model(ledger):
    table = backtest(ledger, [AS_OF], 90, PARAMS, [OWN_RATE, BG_NBD]).set_index("model")
    assert table.loc["BG/NBD", "orders_deviance"] < table.loc["own past rate", "orders_deviance"]


def test_actual_totals_are_those_of_the_ledger(ledger):
    row = backtest(ledger, [AS_OF], 60, PARAMS, [OWN_RATE]).iloc[0]
    data = lines()
    days = pd.to_datetime(data["ordered_on"])
    known = set(data.loc[days <= "2020-06-30", "customer_id"])
    after = data[(days > "2020-06-30") & (days <= "2020-08-29") & data["customer_id"].isin(known)]
    assert row["spend_actual"] == pytest.approx(after["amount"].sum(), abs=1e-6)
    assert row["orders_actual"] == len(after.drop_duplicates(["customer_id", "ordered_on"]))


def test_rows_after_the_date_change_no_forecast_of_it(ledger, tmp_path):
    data = lines()
    past = data[pd.to_datetime(data["ordered_on"]) <= "2020-06-30"]
    loud = past.assign(ordered_on=date(2020, 7, 1), amount=9999.0)
    other = write_clean(tmp_path, {"order_lines": pd.concat([past, loud])}, covered_until="2020-09-30")
    columns = ["p_order", "expected_orders", "expected_spend", "spend_low", "spend_high"]
    pd.testing.assert_frame_equal(replay(ledger, AS_OF, 60, PARAMS)[columns], replay(other, AS_OF, 60, PARAMS)[columns], check_exact=True)


def test_a_horizon_past_the_data_is_refused(ledger):
    with pytest.raises(ValueError, match="the data end on 2020-09-30, before the horizon of 2020-07-31 does"):
        backtest(ledger, [date(2020, 7, 31)], 90, PARAMS)


def test_a_snapshot_knows_nothing_of_later(ledger):
    snapshot = Snapshot.of(ledger, AS_OF)
    with pytest.raises(ValueError, match="knows nothing of 2020-07-01"):
        snapshot.earlier(date(2020, 7, 1))
    assert len(snapshot.earlier(date(2020, 3, 31)).statistics) < len(snapshot.statistics)


@pytest.mark.parametrize(
    ("as_of", "last"),
    [("2011-11-30", "2011-08-31"), ("2011-11-29", "2011-08-31"), ("2011-11-28", "2011-07-31"), ("2020-03-31", "2019-12-31")],
)
def test_the_last_closed_date_is_the_last_month_end_a_whole_horizon_ago(as_of, last):
    assert closed_dates(date.fromisoformat(as_of), 90, 1) == [date.fromisoformat(last)]


def test_dates_without_a_horizon_of_history_are_left_out():
    assert closed_dates(date(2020, 12, 31), 90, 12, first_on=date(2020, 4, 1)) == [
        date(2020, m, d) for m, d in ((6, 30), (7, 31), (8, 31), (9, 30))
    ]


def test_a_date_before_the_first_customer_is_left_out(ledger):
    assert backtest(ledger, [date(2019, 12, 31)], 60, PARAMS).empty


class Shelf:
    """Keeps what is made, and remembers what was made anew."""

    def __init__(self):
        self.held, self.made = {}, []

    def of(self, day):
        outer = self

        class Part:
            def model(self, name, make):
                if (day, name) not in outer.held:
                    outer.made.append((day, name))
                    outer.held[day, name] = make()
                return outer.held[day, name]

        return Part()


def test_what_was_made_of_a_day_is_not_made_again(ledger):
    shelf, dates = Shelf(), [date(2020, 5, 31), AS_OF]
    params = PARAMS.model_copy(update={"horizon_days": 60, "bootstrap": 20})
    first = Replays(ledger, params, shelf.of).backtest(dates, ["own past rate", "BG/NBD"])
    made = len(shelf.made)
    again = Replays(ledger, params, shelf.of).backtest(dates, ["own past rate", "BG/NBD"])
    assert made == len(shelf.made) == 4
    assert {day for day, _ in shelf.made} == {date(2020, 7, 30), date(2020, 8, 29)}  # known when the horizon was over
    pd.testing.assert_frame_equal(first.table, again.table)


def test_the_champions_forecast_is_kept_by_what_was_known_when_it_was_made(ledger):
    shelf = Shelf()
    table = Replays(ledger, PARAMS, shelf.of).forecast(AS_OF, horizon_days=30)
    assert shelf.made == [(AS_OF, "forecast-champion-30")]
    assert table.index.name == "customer_id"
    assert table.attrs["totals"]["total"].tolist() == ["orders", "spend"]


def test_models_that_take_long_are_graded_on_the_last_dates(ledger):
    params = PARAMS.model_copy(update={"horizon_days": 60, "bootstrap": 20, "slow_dates": 1})
    slow = next(iter(SURVIVAL_CANDIDATES))
    dates = [date(2020, 5, 31), AS_OF]
    assert [slow in Replays(ledger, params).models_on(day, dates) for day in dates] == [False, True]


def test_grades_come_with_samples_that_scatter_around_them(ledger):
    params = PARAMS.model_copy(update={"horizon_days": 60, "bootstrap": 50})
    one = Replays(ledger, params).grade(AS_OF, "BG/NBD")
    assert one.samples.shape[0] == 50
    assert one.samples.mean().abs().max() == pytest.approx(0, abs=1e-9)
    assert (one.samples.std().dropna() > 0).all()


def test_horizons_that_end_later_are_left_out(ledger):
    replays = Replays(ledger, PARAMS)
    day = closed_dates(ledger.covered_until, 90, 1)[0]
    until = day + timedelta(days=60)
    table = replays.points([day], [30, 60, 61], until)
    assert sorted(set(table["horizon_days"])) == [30, 60]
    assert list(table["model"].unique()) == ["champion", "MBG/NBD"]
    assert table["orders_actual"].groupby(table["horizon_days"]).nunique().eq(1).all()


def test_a_model_by_customer_type_is_graded_only_where_types_are_known(ledger):
    named = "MBG/NBD by customer type"
    assert named not in Replays(ledger, PARAMS).models_on(date(2020, 1, 31), [date(2020, 1, 31)])
    typed = SimpleNamespace(has=lambda table, column: (table, column) == ("customers", "customer_type"))
    assert named in Replays(typed, PARAMS).models_on(date(2020, 1, 31), [date(2020, 1, 31)])
