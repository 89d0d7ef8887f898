"""The page that lists every source and month that has a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis.report.page import render_plain
from analysis.report.show.display import escape
from analysis.report.words import format_month, words

CARDS = 6


def build_index(reports_root: Path) -> str:
    """``reports/index.html`` from every ``<source>/<period>/manifest.json``, the latest month of each source first.

    A manifest needs ``source`` and ``period``; ``title`` and ``kpis`` (as `assembly.collect_kpis` gives them) are shown
    where they are. A folder without a manifest, or one that cannot be read, is left out.
    """
    manifests = read_manifests(reports_root)
    sources: dict[str, list[dict[str, Any]]] = {}
    for manifest in manifests:
        sources.setdefault(manifest["source"], []).append(manifest)
    parts = [f"<h1>{escape(words('common.index.title'))}</h1><p>{escape(words('common.index.lead'))}</p>"]
    for source, months in sorted(sources.items(), key=lambda item: (str(item[1][0].get("title", item[0])).lower(), item[0])):
        parts.append(_list_source(source, months))
    if not sources:
        parts.append(f"<p class=note>{escape(words('common.index.none'))}</p>")
    title = words("common.index.title")
    return render_plain("".join(parts), metadata=None, title=title, brand=words("common.index.brand"))


def read_manifests(reports_root: Path) -> list[dict[str, Any]]:
    """Manifests of published months, by source, the latest month first."""
    found = []
    for path in sorted(reports_root.glob("*/*/manifest.json")):
        if path.parent.parent.name.startswith("."):
            continue
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(manifest, dict) and {"source", "period"} <= set(manifest):
            found.append({**manifest, "source": path.parent.parent.name, "period": path.parent.name})
    found.sort(key=lambda manifest: manifest["period"], reverse=True)
    return sorted(found, key=lambda manifest: manifest["source"])


def _list_source(source: str, months: list[dict[str, Any]]) -> str:
    latest = months[0]
    title = str(latest.get("title") or source)
    names = [(kpi["name"], kpi["title"]) for kpi in latest.get("kpis", [])][:CARDS]
    heads = "".join(f"<th scope=col class=n>{escape(label)}</th>" for _, label in names)
    rows = []
    for manifest in months:
        kpis = {kpi["name"]: kpi for kpi in manifest.get("kpis", [])}
        href = f"{source}/{manifest['period']}/index.html"
        cells = "".join(f"<td class=n>{escape(kpis.get(name, {}).get('text', words('common.number.blank')))}</td>" for name, _ in names)
        rows.append(f'<tr><th scope=row class=w><a href="{escape(href)}">{escape(format_month(manifest["period"]))}</a></th>{cells}</tr>')
    label = escape(title)
    head = f"<th scope=col>{escape(words('common.index.month'))}</th>{heads}"
    return (
        f'<h2 id="{escape(source)}">{label}</h2><div class=tablebox><div class=scroll role=region tabindex=0 aria-label="{label}">'
        f"<table><caption class=sr>{label}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></div>"
    )
