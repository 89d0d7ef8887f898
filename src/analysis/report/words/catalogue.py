"""Catalogues on disk, the look-up of a text by key, and the filling of its fields."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DEFAULT = "en"
LEVEL = "level_"
"""``{name:level_tier}`` writes the label of a level of ``[tier]``."""
_FIELD = re.compile(r"\{\{|\}\}|\{(\w+)(?::(\w+)|\|([^{}|]*)\|([^{}|]*))?\}")


class WordsError(KeyError):
    """A key or a field that the catalogue does not know, or a language that does not exist."""

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def languages() -> list[str]:
    """Languages that have a catalogue, sorted."""
    return sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir() and any(folder.glob("*.toml")))


def language() -> str:
    """The report's language: ``REPORT_LANG``, or English."""
    chosen = os.environ.get("REPORT_LANG") or DEFAULT
    if chosen not in languages():
        raise WordsError(f"REPORT_LANG={chosen} has no catalogue; available: {', '.join(languages())}")
    return chosen


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language by full key: file name, then the TOML path within it."""
    texts: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.toml")):
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise WordsError(f"words/{language}/{path.name}: {error}") from None
        texts.update(_flatten(tree, path.stem))
    return texts


def _flatten(tree: dict[str, Any], prefix: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in tree.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict):
            flat.update(_flatten(value, key))
        elif isinstance(value, str):
            flat[key] = value
        else:
            raise WordsError(f"words: {key} is {value!r}; a text must be a string")
    return flat


def missing(language: str) -> list[str]:
    """Keys of the English catalogue that `language` lacks, sorted."""
    return sorted(set(catalogue(DEFAULT)) - set(catalogue(language)))


def has_words(key: str) -> bool:
    """Whether English has a text for `key`."""
    return key in catalogue(DEFAULT)


def find_text(key: str) -> str | None:
    """The unfilled text of `key` in the report's language, else in English, else None."""
    return catalogue(language()).get(key, catalogue(DEFAULT).get(key))


def nearest(key: str) -> str:
    """A hint that names the known key most like `key`."""
    near = difflib.get_close_matches(key, catalogue(DEFAULT), n=1, cutoff=0.5)
    return f"nearest: {near[0]}" if near else f"add it to words/{DEFAULT}/{key.split('.')[0]}.toml"


def fill(key: str, fields: dict[str, Any], write: Callable[[Any, str | None], str]) -> str:
    """The text of `key` in the report's language, with its fields written by `write` (of a value and the kind that the text names).

    Raises
    ------
    WordsError
        (a KeyError) The key is not in the English catalogue, or the text asks for a field that was not given.
    """
    text = find_text(key)
    if text is None:
        raise WordsError(f"words has no text {key}; {nearest(key)}")

    def fill_one(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        name, kind, one, many = match.groups()
        if name not in fields:
            raise WordsError(f"words {key} needs the field {name}; given: {', '.join(fields) or 'none'}")
        if one is not None:
            return one if fields[name] == 1 else many
        if kind and kind.startswith(LEVEL):
            return label_level(kind.removeprefix(LEVEL), fields[name])
        return write(fields[name], kind)

    return _FIELD.sub(fill_one, text)


def label_level(namespace: str, value: Any) -> str:
    """The label of a closed level (a segment, a tier, a rule): ``levels.<namespace>.<value>``.

    Levels that come from data (a city, a category) have no entry and stand as they are. One made of several, ``a+b``, is
    labelled part by part where each has an entry.
    """
    text = _find_level(namespace, str(value))
    if text is None and "+" in str(value):
        parts = [_find_level(namespace, part) for part in str(value).split("+")]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return ", ".join([known[0], *(part[:1].lower() + part[1:] for part in known[1:])])
    return text or str(value)


def _find_level(namespace: str, value: str) -> str | None:
    return find_text(f"levels.{namespace}.{re.sub(r'[^0-9a-z]+', '_', value.lower()).strip('_')}")


def translate_markdown(notebook: str, cell_id: str, english: str) -> str:
    """A notebook's Markdown cell in the report's language: ``notebooks.<notebook>.<cell id>``; in English, the cell itself."""
    if language() == DEFAULT:
        return english
    return catalogue(language()).get(f"notebooks.{notebook}.{cell_id}", english)
