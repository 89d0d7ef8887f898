"""Survival models of the time from one order to the next, as candidates of the forecast (lifelines fits them)."""

from analysis.forecast.survival.accelerated import ACCELERATED
from analysis.forecast.survival.cox import COX, CoxSpells
from analysis.forecast.survival.cured import CURED
from analysis.forecast.survival.fitted import FittedSpells
from analysis.forecast.survival.parametric import ParametricSpells

__all__ = ["ACCELERATED", "COX", "CURED", "CoxSpells", "FittedSpells", "ParametricSpells"]
