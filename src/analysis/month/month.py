"""One month of one source, as a notebook holds it: by what name it asks for what each chapter makes."""

from __future__ import annotations

from analysis.month import churn, codes, contractual, customers, files, forecasts, segments, tables, valuation
from analysis.month.basis import Basis


class Month(Basis):
    """A source as of the last day of a month.

    Derived tables are asked for by name, ``month.read("customers")``; `tables.TABLES` lists them. All else that chapters ask for
    stands below: the function behind a name makes it and says what it is. Those marked `kept` are attributes, made when they are
    first asked for; the others are methods. See `basis.Basis` for what it is made from.
    """

    build = tables.build

    # files for those who work with the numbers
    write = files.write_table
    write_list = files.write_list
    write_totals = files.write_totals
    write_metrics = files.write_metrics

    # customers
    past = customers.read_orders
    first_on = customers.find_first_on
    has_orders = customers.has_orders
    months = customers.sum_months
    traits = customers.find_traits
    baskets = customers.find_baskets
    voices = customers.find_voices
    needs = customers.find_needs
    margins = customers.sum_margins
    balances = customers.sum_balances
    cohorts = customers.find_cohorts
    customer_groups = customers.group_by

    # segments and classes
    base = segments.find_base
    cutoffs = segments.hold_cutoffs
    fitted_cutoffs = segments.fit_own_cutoffs
    segment = segments.segment_by
    groups = segments.group_by
    behaviour = segments.describe_behaviour
    clusters = segments.hold_clusters
    fitted_clusters = segments.fit_own_clusters
    facts = segments.gather_facts
    class_cutoffs = segments.hold_class_cutoffs
    class_history = segments.replay_history
    measured = segments.measure_by_base
    flips = segments.rate_flips
    step_cutoffs = segments.move_cutoffs

    # forecasts
    forecast = forecasts.fit_champion
    memo_of = forecasts.open_memo_of
    replays = forecasts.prepare_replays
    replayed = forecasts.replay
    backtest_dates = forecasts.list_backtest_dates
    backtest = forecasts.run_backtest
    grade_models = forecasts.grade_models
    horizons = forecasts.grade_horizons
    closed_forecasts = forecasts.collect_closed

    # churn
    lapse_limits = churn.find_limits
    lapses = churn.rate_lapses
    watch = churn.replay_lists
    sent_watch = churn.put_issued_lists
    spells_with_covariates = churn.add_covariates
    spells_with_segment = churn.add_segment
    segments_at_start = churn.group_at_start

    # contracts, where customers leave by ending them
    contracts = contractual.read_contracts
    ends = contractual.fit_model
    ends_check = contractual.check_model
    contract_churn = contractual.list_churn
    contract_value = contractual.list_value
    contract_total = contractual.sum_value

    # value
    value = valuation.value_all
    ahead = valuation.look_ahead
    hindsight = valuation.look_back_year
    equity_grade = valuation.grade_equity
    equity = valuation.sum_equity
    equity_limits = valuation.limit_equity
    issued_equity = valuation.read_issued
    bridge = valuation.bridge_months
    bridge_remarks = valuation.tell_remarks
    opinions = valuation.compare_two
    opinion_remarks = valuation.tell_two

    # codes
    codebook = codes.find_codebook
    entered_book = codes.find_entered_book
    code_labels = codes.find_labels
    entered = codes.find_entered
    code_queue = codes.queue_codes
