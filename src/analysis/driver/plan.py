"""One month's plan: which notebooks are fresh, which must run, and why. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from analysis.archive import read_usable
from analysis.driver import keys
from analysis.driver.graph import Contents, Notebook, pick
from analysis.driver.hashes import Memo
from analysis.driver.jobs import Failure, Job
from analysis.driver.notebook import load
from analysis.driver.project import Project, Source
from analysis.driver.records import Ingredients, Record, is_whole, read_record
from analysis.driver.sections import CONTRACTUAL, is_left_out
from analysis.period import Period

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Basis:
    """What all months of a run share.

    Attributes
    ----------
    notebooks : dict
        Content of every notebook, by name, as it is run for this source.
    extra : dict
        Parameters from the command line.
    common : dict
        The ingredients that every notebook shares.
    links : Project
        Where published months are looked up that pages link to.
    wanted : tuple of Period
        Months of this run; they will be published.
    lacking : frozenset of str
        What the source does not give, see `sections.leave_out`.
    """

    project: Project
    source: Source
    contents: Contents
    notebooks: dict[str, dict[str, Any]]
    declared: dict[str, dict[str, Any]]
    extra: dict[str, str]
    language: str
    code: dict[str, str]
    common: Ingredients
    memo: Memo
    links: Project
    wanted: tuple[Period, ...] = ()
    lacking: frozenset[str] = frozenset()


def load_notebooks(project: Project, contents: Contents) -> dict[str, dict[str, Any]]:
    """Every chapter's notebook, by name."""
    return {notebook.name: load(project.notebooks / f"{notebook.name}.ipynb") for notebook in contents.notebooks}


@dataclass
class Plan:
    """The state of one month: what is done (freshly found or just run), what runs, what failed.

    `written` holds what running notebooks have written so far. Those that read it may start: a record names its inputs by
    content, so it stays true whatever becomes of their writer.
    """

    basis: Basis
    period: Period
    done: dict[str, Record] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    failed: dict[str, Failure] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)

    def settle(self) -> list[Job]:
        """Take over what is fresh, and return what must run now that its inputs stand, the largest effort first."""
        jobs, settled = [], True
        while settled:
            settled = False
            for notebook in self.basis.contents.notebooks:
                if self._is_open(notebook) and not self.missing(notebook):
                    record, why = self.find(notebook)
                    if record is not None and not why:
                        self.done[notebook.name] = record
                        settled = True
                    else:
                        self.running.add(notebook.name)
                        jobs.append(self._job(notebook))
        efforts = {notebook.name: notebook.effort for notebook in self.basis.contents.notebooks}
        return sorted(jobs, key=lambda job: -efforts[job.name])

    def missing(self, notebook: Notebook) -> list[str]:
        """Files that a notebook reads and that nobody has written yet."""
        writer = self.basis.contents.writer
        return [name for name in notebook.reads if writer[name] not in self.done and not pick(name, self.written)]

    def tables(self, notebook: Notebook) -> dict[str, str]:
        """Hashes of the files that a notebook reads."""
        found: dict[str, str] = {}
        for name in notebook.reads:
            record = self.done.get(self.basis.contents.writer[name])
            found |= pick(name, record.outputs if record is not None else self.written)
        return found

    def issued(self) -> dict[str, str]:
        """Hashes of what was issued in earlier months and may be graded in this one, by path in the source's folder."""
        folder = self.basis.source.folder
        paths = [path for issue in read_usable(folder, self.period) for path in (issue.path, issue.path.with_suffix(".json"))]
        return {str(path.relative_to(folder)): self.basis.memo.hash_file(path) for path in paths}

    def finish(self, name: str, record: Record) -> None:
        """A notebook ended well: from now on its record stands."""
        self.running.discard(name)
        record.save(self._record_path(name))
        self.done[name] = record

    def fail(self, name: str, failure: Failure) -> None:
        """A notebook failed; those that read its tables will not run."""
        self.running.discard(name)
        self.failed[name] = failure

    @property
    def is_executed(self) -> bool:
        """Whether every notebook is done."""
        return len(self.done) == len(self.basis.contents.notebooks)

    def explain_report(self) -> list[str]:
        """Why the pages must be rendered, once every notebook is done; empty when the published ones stand."""
        record = read_record(self._record_path("report"))
        if record is None:
            return ["it has not been published yet"]
        why = keys.differences(record.ingredients, self.rendering())
        if not why and not is_whole(record, self.basis.project.published(self.basis.source, self.period), self.basis.memo):
            return ["the published files are not those that were recorded"]
        return why

    def rendering(self) -> Ingredients:
        """The ingredients of the pages."""
        order = {notebook.name: self.done[notebook.name] for notebook in self.basis.contents.notebooks}
        return keys.of_rendering(self.basis.contents, self.basis.notebooks, order, self.basis.code, self.neighbours(), self.basis.common)

    def neighbours(self) -> dict[str, str]:
        """The months before and after, where they are published or are going to be; else empty."""
        found = {}
        for side, month in (("previous", self.period.previous), ("next", self.period.shift(1))):
            is_there = (self.basis.links.published(self.basis.source, month) / MANIFEST).is_file() or month in self.basis.wanted
            found[side] = str(month) if is_there else ""
        return found

    def _is_open(self, notebook: Notebook) -> bool:
        return notebook.name not in self.done and notebook.name not in self.running and notebook.name not in self.failed

    def _parameters(self, notebook: Notebook) -> dict[str, str]:
        wanted = {"source": self.basis.source.name, "period": str(self.period)} | self.basis.extra
        return {name: value for name, value in wanted.items() if name in self.basis.declared[notebook.name]}

    def _ingredients(self, notebook: Notebook) -> Ingredients:
        content = self.basis.notebooks[notebook.name]
        found = keys.of_execution(content, self._parameters(notebook), self.tables(notebook), self.basis.common)
        return found | {"issued": self.issued()} if notebook.reads_issued else found

    def find(self, notebook: Notebook) -> tuple[Record | None, list[str]]:
        """The record of a notebook whose inputs stand, and why it must run all the same (empty where it is fresh)."""
        ingredients = self._ingredients(notebook)
        record = read_record(self._record_path(notebook.name))
        if record is None:
            return None, ["it has not run yet"]
        if why := keys.differences(record.ingredients, ingredients):
            return record, keys.place_cells(why, self.basis.notebooks[notebook.name])
        if not is_whole(record, self.basis.source.derived(self.period), self.basis.memo):
            return record, ["its tables are not those that were recorded"]
        copy = Record({}, {f"{notebook.name}.ipynb": record.facts.get("executed", "")})
        if not is_whole(copy, self.basis.source.run(self.period), self.basis.memo):
            return record, ["its executed copy is not the one that was recorded"]
        return record, []

    def _record_path(self, name: str) -> Any:
        return self.basis.source.run(self.period) / f"{name}.json"

    def _job(self, notebook: Notebook) -> Job:
        source, project = self.basis.source, self.basis.project
        return Job(
            name=notebook.name,
            path=project.notebooks / f"{notebook.name}.ipynb",
            run=source.run(self.period),
            derived=source.derived(self.period),
            root=project.root,
            writes=self._writes(notebook),
            parameters=self._parameters(notebook),
            ingredients=self._ingredients(notebook),
            environment={"REPORT_LANG": self.basis.language},
            cell_timeout_seconds=notebook.cell_timeout_seconds,
            content=self.basis.notebooks[notebook.name] if self.basis.lacking else None,
            others=tuple(name for name, writer in self.basis.contents.writer.items() if writer != notebook.name),
        )

    def _writes(self, notebook: Notebook) -> tuple[str, ...]:
        """Files that a notebook writes of this source."""
        if is_left_out(self.basis.notebooks[notebook.name], self.basis.lacking):
            return ()
        without = {CONTRACTUAL, "order_lines"} & self.basis.lacking
        return tuple(name for name in notebook.writes if not (without and name in notebook.from_orders))
