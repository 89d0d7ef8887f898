"""One feature of clusters on its scale: few pieces of evidence are drawn to the mean, the skew is taken out, chance weighs nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LAMBDAS = (-3.0, 3.0)
FAINT = 1e-9
LEAST = 0.02
"""Share of the differences that must be more than chance for a feature to be used."""


@dataclass(frozen=True)
class Scale:
    """How one feature is measured among the base month's buyers.

    Attributes
    ----------
    feature : str
    is_log : bool
        Whether values are averaged as logarithms, which takes their skew out; `unit` and `power` are 1 then.
    centre : float
        What a buyer without evidence is taken for: the mean of all, before the skew is taken out.
    strength : float
        Pieces of evidence (orders, gaps, years) that say as much of a buyer as the mean of all does.
    unit : float
        Mean of the drawn values, by which they are divided first: the power then does not depend on their unit.
    power : float
        Lambda of Yeo and Johnson's transformation.
    mean, deviation : float
        Of the transformed values; the deviation such that their variance becomes `reliability`.
    reliability : float
        Share of the differences between buyers that is more than the chance of few orders, 0 to 1; unknown values count as chance.
    share_known : float
        Buyers of whom the feature is known; the others stand at the mean.
    """

    feature: str
    is_log: bool
    centre: float
    strength: float
    unit: float
    power: float
    mean: float
    deviation: float
    reliability: float
    share_known: float

    def steady(self, values: Floats, evidence: Floats) -> Floats:
        """Values in their own unit, drawn to the centre by as much as little evidence leaves to chance."""
        drawn = self._draw(values, evidence)
        return np.exp(drawn) if self.is_log else drawn

    def move(self, values: Floats, evidence: Floats) -> Floats:
        """Values in standard deviations of what truly differs, around the base month's mean."""
        drawn = self._draw(values, evidence)
        moved = drawn if self.is_log else _transform(np.maximum(drawn / self.unit, 0.0), self.power)
        return (moved - self.mean) / self.deviation

    def _draw(self, values: Floats, evidence: Floats) -> Floats:
        return _draw(np.log(values) if self.is_log else values, evidence, self.centre, self.strength)


def fit_scale(name: str, values: Floats, evidence: Floats, noise: float, is_log: bool, is_rate: bool) -> Scale | None:
    """Fit the scale of one feature; None where its differences are no more than chance.

    The variance between buyers is that of a random-effects model (Paule and Mandel 1982, Journal of Research of the National Bureau of
    Standards 87), whose weights give the mean too; drawing to it is that model's best linear prediction. The power is the one
    of greatest likelihood (Yeo and Johnson 2000, Biometrika 87, section 4).

    Parameters
    ----------
    values, evidence : array
        A value and the number of pieces of evidence a buyer; missing, and 0, where unknown.
    noise : float
        Variance of one piece of evidence.
    is_log : bool
        Average logarithms; `noise` is theirs.
    is_rate : bool
        The mean is that of all evidence, not of all buyers: a rate of little evidence says nothing.
    """
    known = ~np.isnan(values) & (evidence > 0)
    told = np.log(values[known]) if is_log else values[known]
    centre, between = _find_spread(told, noise / evidence[known], evidence[known] if is_rate else None)
    reliabilities = np.zeros(len(values))
    reliabilities[known] = between / (between + noise / evidence[known]) if between > 0 else 0.0
    reliability = float(reliabilities.mean())
    if reliability < LEAST:
        return None
    strength = noise / between
    drawn = _draw(np.log(values) if is_log else values, evidence, centre, strength)
    unit, power, moved = 1.0, 1.0, drawn
    if not is_log:
        unit = float(drawn.mean())
        scaled = np.sort(np.maximum(drawn / unit, 0.0))
        power = _find_power(scaled)
        moved = _transform(scaled, power)
    deviation = float(moved.std()) / reliability**0.5
    share = float(known.mean())
    return Scale(name, is_log, float(centre), float(strength), unit, power, float(moved.mean()), deviation, reliability, share)


def _draw(values: Floats, evidence: Floats, centre: float, strength: float) -> Floats:
    weight = np.where(np.isnan(values), 0.0, evidence)
    total = weight + strength
    # full trust in what has no noise, none in what has no evidence
    trust = np.divide(weight, total, out=np.zeros(len(values)), where=total > 0)
    return centre + trust * (np.nan_to_num(values, nan=centre) - centre)


def _find_spread(values: Floats, errors: Floats, weights: Floats | None) -> tuple[float, float]:
    """Mean of all and variance between buyers, whose values have the variances `errors` around their own means."""
    from scipy.optimize import brentq

    def centre(between: float) -> float:
        if weights is not None:
            return float(np.average(values, weights=weights))
        return float(np.average(values, weights=1.0 / (between + errors))) if between + errors.min() > 0 else float(values.mean())

    def excess(between: float) -> float:
        return float(((values - centre(between)) ** 2 / (between + errors)).sum() - (len(values) - 1))

    if not errors.any():
        return float(values.mean()), float(values.var())
    least = FAINT * max(float(values.var()), FAINT)
    if excess(least) <= 0:
        return centre(least), 0.0
    most = 2.0 * max(float(((values - centre(least)) ** 2).max()), least)
    between = float(brentq(excess, least, most, rtol=1e-6)) if excess(most) < 0 else float(values.var())
    return centre(between), between


def _find_power(values: Floats) -> float:
    from scipy.optimize import minimize_scalar

    logs = float(np.log1p(values).sum())

    def loss(power: float) -> float:
        return 0.5 * len(values) * float(np.log(max(_transform(values, power).var(), FAINT**2))) - (power - 1.0) * logs

    return round(float(minimize_scalar(loss, bounds=LAMBDAS, method="bounded").x), 3)


def _transform(values: Floats, power: float) -> Floats:
    logs = np.log1p(values)
    return np.asarray(logs if abs(power) < FAINT else np.expm1(power * logs) / power, dtype=np.float64)
