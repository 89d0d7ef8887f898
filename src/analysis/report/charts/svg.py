"""matplotlib's SVG made fit for a page: small, without ids, themed by CSS variables, with the real texts."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from analysis.report.charts.theme import STAND_IN, VARIABLE
from analysis.report.show.display import escape

_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER = re.compile(r"-?\d+\.\d+")
_DROPPED = {"metadata", "defs"}
_DEFAULTS = {
    "stroke-linejoin": "miter",
    "opacity": "1",
    "fill-opacity": "1",
    "stroke-opacity": "1",
    "stroke-width": "1",
    "stroke-linecap": "butt",
}


def clean_svg(raw: bytes, texts: dict[str, tuple[str, bool]]) -> str:
    """The drawing for use inside HTML.

    Parameters
    ----------
    raw : bytes
        What matplotlib wrote, with stand-in colours and texts.
    texts : dict
        Group id -> the text that belongs there, and whether it has a halo.

    Returns
    -------
    str
        ``<svg viewBox=...>`` without namespace, size, ids and clip paths.
    """
    root = ET.fromstring(raw)
    body = "".join(_write(child, texts, None) for child in root)
    return f'<svg viewBox="{root.get("viewBox")}" aria-hidden="true" focusable="false">{body}</svg>'


def _write(element: Any, texts: dict[str, tuple[str, bool]], text: tuple[str, bool] | None) -> str:
    tag = element.tag.rsplit("}", 1)[-1]
    if tag in _DROPPED:
        return ""
    if tag == "g":
        text = texts.get(element.get("id", ""), text)
        return "".join(_write(child, texts, text) for child in element)
    if tag == "path":
        style = _style(element.get("style", ""))
        return f'<path d="{_shorten_path(_round(" ".join(element.get("d", "").split())))}"{style}/>'
    if tag == "text":
        if text is None:
            raise ValueError("chart: a text was drawn past the canvas, so its letters are unknown")
        style = _text_style(_read_style(element.get("style", "")), text[1])
        return f'<text x="{_round(element.get("x", "0"))}" y="{_round(element.get("y", "0"))}"{style}>{escape(text[0])}</text>'
    raise ValueError(f"chart: the drawing holds <{tag}>, which the page's SVG does not use")


def _round(text: str) -> str:
    """Coordinates to a tenth of a pixel."""

    def shorten(match: re.Match[str]) -> str:
        number = f"{float(match[0]):.1f}".removesuffix(".0")
        return "0" if number == "-0" else number

    return _NUMBER.sub(shorten, text)


def _shorten_path(path: str) -> str:
    """The same path in fewer letters: level and upright strokes by one coordinate, points that change nothing left out."""
    parts, at = [], ("", "")
    for command, numbers in _COMMAND.findall(path):
        point = tuple(numbers.split())
        if command not in "ML" or len(point) != 2:
            parts.append(command + " ".join(point))
            at = (point[-2], point[-1]) if len(point) > 1 else ("", "")
        elif command == "M":
            parts.append(f"M{point[0]} {point[1]}")
            at = (point[0], point[1])
        elif point != at:
            parts.append(f"H{point[0]}" if point[1] == at[1] else f"V{point[1]}" if point[0] == at[0] else f"L{point[0]} {point[1]}")
            at = (point[0], point[1])
    # a dot is a line of no length: without any line, nothing is drawn
    return "".join(parts) + ("h0" if len(parts) == 1 and path.count("L") else "")


def _read_style(style: str) -> dict[str, str]:
    given = (part.strip().split(":", 1) for part in style.split(";") if ":" in part)
    return {name: value.strip() for name, value in given}


def _style(style: str) -> str:
    kept = {}
    for name, value in _read_style(style).items():
        if _DEFAULTS.get(name) == value:
            continue
        kept[name] = VARIABLE.get(value, value)
    if "opacity" in kept and kept.get("stroke", "none") == "none":
        kept["fill-opacity"] = kept.pop("opacity")
    if kept.get("stroke") == "none":
        kept.pop("stroke")
    for name in ("stroke-width", "fill-opacity", "stroke-dasharray"):
        if name in kept:
            kept[name] = re.sub(r"\d+\.\d+", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), kept[name]).replace(", ", " ")
    if "stroke" not in kept:
        for name in ("stroke-width", "stroke-linejoin", "stroke-linecap", "stroke-miterlimit"):
            kept.pop(name, None)
    if kept.get("stroke-dashoffset") == "0":
        kept.pop("stroke-dashoffset")
    return f' style="{";".join(f"{name}:{value}" for name, value in kept.items())}"'


def _text_style(given: dict[str, str], halo: bool) -> str:
    font = given.get("font", "")
    size = re.search(r"([\d.]+)px", given.get("font-size", "") or font)
    bold = "bold" in (given.get("font-weight", "") + font) or "700" in (given.get("font-weight", "") + font)
    parts = [f"font-size:{_round(str(float(size[1])) if size else '12')}px"]
    if bold:
        parts.append("font-weight:600")
    if given.get("text-anchor", "start") != "start":
        parts.append(f"text-anchor:{given['text-anchor']}")
    parts.append(f"fill:{VARIABLE.get(given.get('fill', ''), 'currentColor')}")
    if halo:
        parts.append(f"paint-order:stroke;stroke-width:3px;stroke:{VARIABLE[STAND_IN['paper']]}")
    return f' style="{";".join(parts)}"'
