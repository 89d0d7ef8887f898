"""Survival models of the time from one order to the next, as candidates of the forecast (lifelines fits them)."""

from analysis.forecast.survival.accelerated import ACCELERATED, Accelerated
from analysis.forecast.survival.cox import COX, CoxSpells
from analysis.forecast.survival.cured import CURED, Cured
from analysis.forecast.survival.fitted import FittedSpells

__all__ = ["ACCELERATED", "COX", "CURED", "Accelerated", "CoxSpells", "Cured", "FittedSpells"]
