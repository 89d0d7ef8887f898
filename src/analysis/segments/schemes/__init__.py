"""Every way to class a customer, from one set of facts."""

from analysis.segments.schemes.build import build_classes
from analysis.segments.schemes.cutoffs import ClassCutoffs, fit_class_cutoffs
from analysis.segments.schemes.facts import gather
from analysis.segments.schemes.scheme import SCHEMES, Scheme, labels_of

__all__ = ["SCHEMES", "ClassCutoffs", "Scheme", "build_classes", "fit_class_cutoffs", "gather", "labels_of"]
