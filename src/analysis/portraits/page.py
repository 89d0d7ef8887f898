"""A customer's card as a file beside the month's customer-level tables, never below ``reports/``."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.portraits.card import render_customer
from analysis.portraits.customer import read_customer
from analysis.report.dress import content_policy, read_style
from analysis.report.show.display import escape
from analysis.report.words import language, words

if TYPE_CHECKING:
    from analysis.month import Month

FOLDER = "customers"
_PLAIN = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,59}")


def write_customer(month: Month, customer_id: str) -> Path:
    """Write the card of a customer as ``derived/<period>/customers/<name>.html``, readable by its owner alone; the path is returned.

    Raises
    ------
    PortraitError
        No such customer by the end of the month.
    """
    customer = read_customer(month, customer_id)
    path = month.derived / FOLDER / f"{name_file(customer.ident)}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.touch(mode=0o600)
        part.write_text(frame_page(words("portraits.card.title", ident=customer.ident), render_customer(month, customer)), encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def name_file(customer_id: str) -> str:
    """A file name for any id: the id itself where it is plain, else what of it is plain and a hash, so that no two share one."""
    if _PLAIN.fullmatch(customer_id):
        return customer_id
    plain = re.sub(r"[^A-Za-z0-9]+", "-", customer_id).strip("-")[:40]
    digest = hashlib.sha256(customer_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain}-{digest}" if plain else digest


def frame_page(title: str, body: str) -> str:
    """`body` as a page that loads nothing and has no script."""
    policy = re.sub(r"script-src [^;]+", "script-src 'none'", content_policy())
    return (
        f'<!doctype html>\n<html lang="{escape(language())}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>\n{read_style()}\n</style>\n</head>\n<body>\n"
        f'<div class="sheet"><main id="main">{body}</main></div>\n</body>\n</html>\n'
    )
