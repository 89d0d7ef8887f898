"""Analytical choices: typed, frozen, unknown keys refused, printed in the report's appendix.

Defaults live in ``params.toml`` beside this module, each with its reason. A source overrides single values in the
``[params]`` part of its ``ledger.toml``. What changes every month (source, period) is not here: it goes to notebooks
through papermill.
"""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class ParamsError(ValueError):
    """A parameter that does not exist or has an impossible value."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LedgerParams(_Section):
    """Cleaning and its verdict."""

    outlier_factor: float = Field(gt=1)
    outlier_min_lines: int = Field(ge=1)
    warn_reject_share: float = Field(ge=0, le=1)
    warn_reject_rows: int = Field(ge=1)
    stop_reject_share: float = Field(ge=0, le=1)
    warn_unmatched_share: float = Field(ge=0, le=1)
    warn_missing_share: float = Field(ge=0, le=1)


class RfmParams(_Section):
    """RFM scores and segments."""

    base_period: str
    min_buyers: int = Field(ge=1)


class MapParams(_Section):
    """Segment maps beside that of eleven."""

    klaviyo_recent_days: int = Field(ge=1)
    klaviyo_middle_days: int = Field(ge=2)
    eight_basis: Literal["medians", "published"]
    eight_days: int = Field(ge=1)
    eight_orders: int = Field(ge=2)
    eight_amount: float = Field(gt=0)


class MovementParams(_Section):
    """Movement between classes and where it leads."""

    months: int = Field(ge=2)
    horizon_months: int = Field(ge=1)
    transitions: int = Field(ge=1)
    min_transitions: int = Field(ge=1)
    graded_months: int = Field(ge=1)
    error_months: int = Field(ge=1)
    rows: int = Field(ge=1)
    borderline: float = Field(gt=0, lt=1)
    flip_samples: int = Field(ge=10)
    cutoff_step: float = Field(gt=0, lt=0.1)
    bootstrap: int = Field(ge=10)
    interval: float = Field(gt=0, lt=1)
    seed: int


class TierParams(_Section):
    """VIP, ordinary, potential."""

    weight_frequency: float = Field(ge=0)
    weight_amount: float = Field(ge=0)
    weight_interaction: float = Field(ge=0)
    weight_satisfaction: float = Field(ge=0)
    vip_share: float = Field(gt=0, lt=1)
    ordinary_share: float = Field(gt=0, lt=1)


class LifecycleParams(_Section):
    """The lifecycle's state machine."""

    new_days: int = Field(ge=1)
    loyal_order_days: int = Field(ge=2)
    dormant_quantile: float = Field(gt=0, lt=1)
    fallback_dormant_days: int = Field(ge=1)
    gap_stages: tuple[int, ...] = Field(min_length=1, strict=False)


class ClassParams(_Section):
    """Classes of customers."""

    high_share: float = Field(gt=0, lt=1)
    medium_share: float = Field(gt=0, lt=1)
    cost_coverage: float = Field(gt=0, le=1)
    score_amount: float = Field(ge=0)
    score_frequency: float = Field(ge=0)
    score_interaction: float = Field(ge=0)
    score_high_share: float = Field(gt=0, lt=1)
    score_medium_share: float = Field(gt=0, lt=1)
    high_gap_quantile: float = Field(gt=0, lt=1)
    low_gap_quantile: float = Field(gt=0, lt=1)
    fallback_high_gap_days: int = Field(ge=1)
    fallback_low_gap_days: int = Field(ge=1)
    recent_contact_days: int = Field(ge=1)
    guess_units: float = Field(gt=0)
    guess_order_days: int = Field(ge=1)
    need_pieces: int = Field(ge=1)
    discount_level: float = Field(gt=0, lt=1)
    pair_products: int = Field(ge=2)
    pair_customers: int = Field(ge=1)
    pair_level: float = Field(gt=0, lt=1)
    pair_rows: int = Field(ge=1)
    known_tags: tuple[str, ...] = Field(strict=False)
    tag_conflicts: tuple[Annotated[tuple[str, str], Field(strict=False)], ...] = Field(strict=False)
    need_axis: dict[str, Literal["quality", "price", "service"]]


class ForecastParams(_Section):
    """The forecast of orders and spend."""

    horizon_days: int = Field(ge=1)
    min_customers: int = Field(ge=1)
    min_repeat_customers: int = Field(ge=1)
    interval: float = Field(gt=0, lt=1)
    origins: int = Field(ge=1)
    min_origins: int = Field(ge=1)
    min_taught_days: int = Field(ge=1)
    max_learners: int = Field(ge=100)
    contest_dates: int = Field(ge=1)
    contest_customers: int = Field(ge=100)
    trial_dates: int = Field(ge=1)
    season_doubt: float = Field(ge=0)
    spread_below: float = Field(gt=0)
    spread_above: float = Field(gt=0)
    backtest_dates: int = Field(ge=1)
    slow_dates: int = Field(ge=1)
    other_horizons: tuple[int, ...] = Field(strict=False)
    bootstrap: int = Field(ge=10)
    seed: int


class ChurnParams(_Section):
    """Spells, lapse and warnings."""

    lapse_quantile: float = Field(gt=0, lt=1)
    min_completed_gaps: int = Field(ge=1)
    fallback_lapse_days: int = Field(ge=1)
    max_spells: int = Field(ge=100)
    just_lapsed_days: int = Field(ge=1)
    hazard_test_level: float = Field(gt=0, lt=1)
    hazard_small_drift: float = Field(ge=0, lt=1)
    cure_late_share: float = Field(gt=0, lt=1)
    cure_fit_gap: float = Field(gt=0, lt=1)
    evidence_days: int = Field(ge=1)
    low_answer: float = Field(ge=0, le=1)
    warning_share: float = Field(gt=0, le=1)
    warning_keep_share: float = Field(gt=0, le=1)
    warning_quantile: float = Field(gt=0, lt=1)
    warning_ease: float = Field(ge=0, lt=1)
    warning_memory_months: int = Field(ge=1)
    warning_graded_months: int = Field(ge=1)
    warning_learnt_months: int = Field(ge=1)
    reason_spread: float = Field(ge=0)
    urgent_quantile: float = Field(gt=0, lt=1)
    chance_drop: float = Field(gt=0, le=1)
    contact_drop: float = Field(gt=0, le=1)
    contact_chance: float = Field(gt=0, lt=1)
    satisfaction_drop: float = Field(gt=0, le=1)
    interval: float = Field(gt=0, lt=1)
    seed: int
    causes: dict[str, Literal["product_quality", "service_quality", "competitor", "price", "other"]]


class ContractParams(_Section):
    """Contracts and how long they last."""

    min_ended: int = Field(ge=10)
    ends_per_term: int = Field(ge=5)
    min_group: int = Field(ge=2)
    prior_spread: float = Field(gt=0)
    max_groups: int = Field(ge=2)
    min_at_risk: int = Field(ge=1)
    folds: int = Field(ge=2)
    tail_months: int = Field(ge=1)
    hazard_test_level: float = Field(gt=0, lt=1)
    hazard_small_drift: float = Field(ge=0, lt=1)
    interval: float = Field(gt=0, lt=1)
    seed: int


class ValueParams(_Section):
    """Customer lifetime value."""

    clv_months: int = Field(ge=1)
    discount_rate: float = Field(ge=0)
    margin_share: float = Field(gt=0, le=1)


class ClusterParams(_Section):
    """Clusters of customers and the trees that explain classes."""

    min_customers: int = Field(ge=20)
    fit_customers: int = Field(ge=100)
    silhouette_customers: int = Field(ge=50)
    min_known: float = Field(gt=0, le=1)
    min_clusters: int = Field(ge=2)
    max_clusters: int = Field(ge=2, le=6)
    min_share: float = Field(ge=0, lt=1)
    resamples: int = Field(ge=2)
    min_stability: float = Field(ge=0, le=1)
    stability_tie: float = Field(ge=0)
    silhouette_tie: float = Field(ge=0)
    match_overlap: float = Field(gt=0, le=1)
    tree_depth: int = Field(ge=1, le=4)
    tree_min_leaf: float = Field(gt=0, lt=0.5)
    tree_customers: int = Field(ge=100)
    tree_held_out: float = Field(gt=0, lt=1)
    interval: float = Field(gt=0, lt=1)
    rand_samples: int = Field(ge=50)
    seed: int


class CodeParams(_Section):
    """Dimension codes, and the needs among them."""

    satisfied_from: float = Field(ge=0, le=1)
    dissatisfied_below: float = Field(ge=0, le=1)
    risk_high_below: float = Field(ge=0, le=1)
    risk_low_from: float = Field(ge=0, le=1)
    urgency: tuple[str, ...] = Field(strict=False)
    high_need_count: int = Field(ge=1)
    high_need_days: int = Field(ge=1)


class PortraitParams(_Section):
    """Portraits of segments and of customers."""

    fresh_months: int = Field(ge=1)
    complaint_months: int = Field(ge=1)
    low_satisfaction: float = Field(gt=0, lt=1)
    level: float = Field(gt=0, lt=1)
    min_effect: float = Field(gt=0)
    max_traits: int = Field(ge=1)
    least_known: float = Field(ge=0, le=1)
    shown_rows: int = Field(ge=1)


class ReportParams(_Section):
    """The page."""

    min_cell: int = Field(ge=1)
    max_rows: int = Field(ge=10)
    preview_rows: int = Field(ge=1)


class Params(_Section):
    """All analytical choices."""

    ledger: LedgerParams
    rfm: RfmParams
    maps: MapParams
    movement: MovementParams
    tiers: TierParams
    lifecycle: LifecycleParams
    classes: ClassParams
    forecast: ForecastParams
    churn: ChurnParams
    contracts: ContractParams
    codes: CodeParams
    value: ValueParams
    clusters: ClusterParams
    portraits: PortraitParams
    report: ReportParams

    def rows(self) -> list[tuple[str, str, Any]]:
        """Section, name and value of every parameter, in the order of the file."""
        return [(section, name, value) for section, part in self for name, value in part]


@cache
def defaults() -> dict[str, dict[str, Any]]:
    """The shipped values, by section and name."""
    return tomllib.loads(resources.files("analysis").joinpath("params.toml").read_text(encoding="utf-8"))


def load_params(overrides: dict[str, dict[str, Any]] | None = None, where: str = "params") -> Params:
    """Defaults with `overrides` (section -> name -> value) on top.

    Raises
    ------
    ParamsError
        One line: the key, where it stands, and the nearest valid name or the limit it breaks.
    """
    values = {section: dict(part) for section, part in defaults().items()}
    for section, part in (overrides or {}).items():
        _refuse_unknown(section, values, f"{where}: section")
        if not isinstance(part, dict):
            raise ParamsError(f"{where}: {section} is a section; write [params.{section}] and its values below it")
        for name, value in part.items():
            _refuse_unknown(name, values[section], f"{where}: {section}.")
            values[section][name] = float(value) if isinstance(values[section][name], float) and type(value) is int else value
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ParamsError(f"{where}: {name} = {first['input']!r} is not allowed: {first['msg']}") from None


def _refuse_unknown(name: str, known: dict[str, Any], where: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise ParamsError(f"{where} {name} does not exist; {hint}".replace(". ", "."))
