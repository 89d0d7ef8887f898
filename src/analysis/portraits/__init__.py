"""Portraits: of segments for the page, and of a single customer for analysts alone."""

from analysis.portraits.card import show_customer
from analysis.portraits.customer import PortraitError, read_customer
from analysis.portraits.page import write_customer
from analysis.portraits.segments import (
    FACTS,
    count_uses,
    describe_segments,
    find_gaps,
    find_members,
    gather_facts,
    headline,
    list_uses,
    set_apart,
)

__all__ = [
    "FACTS",
    "PortraitError",
    "count_uses",
    "describe_segments",
    "find_gaps",
    "find_members",
    "gather_facts",
    "headline",
    "list_uses",
    "read_customer",
    "set_apart",
    "show_customer",
    "write_customer",
]
