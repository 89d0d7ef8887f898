"""Dimension codes: what a customer is and does, in one readable code of fixed width.

    from analysis import codes

    codes.encode({"type": "business", "city_tier": "tier_1"})   # "B-X-T1-X-X-X-X-X-X-X-X-X-X-1VO"
    codes.decode("B-X-T1-X-X-X-X-X-X-X-X-X-X-1VO")      # part -> label; a mistyped code is refused with the reason
    codes.match(month.read("codes"), "B-*-T1|N1-*")     # businesses in cities of the first two tiers
    codes.codebook()                                    # every symbol and what it means

The code changes with behaviour and may be shared; the customer's permanent number stays `customer_id`.
"""

from analysis.codes.book import Codebook, CodeError, codebook, read_codebook
from analysis.codes.build import build_codes, describe_parts, describe_tail, encode_example, headline, measure_coverage, trace_spellings
from analysis.codes.coding import FAULTS, decode, encode, explain, validate
from analysis.codes.labels import choose_parts, gather_labels
from analysis.codes.pattern import match

__all__ = [
    "FAULTS",
    "CodeError",
    "Codebook",
    "build_codes",
    "choose_parts",
    "codebook",
    "decode",
    "describe_parts",
    "describe_tail",
    "encode",
    "encode_example",
    "explain",
    "gather_labels",
    "headline",
    "match",
    "measure_coverage",
    "read_codebook",
    "trace_spellings",
    "validate",
]
