"""A live line per step on a terminal; one plain line per finished step elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any, TextIO


@dataclass
class _Line:
    began: float
    words: str = ""
    end: str = ""


class Progress:
    """Shows what each step does.

    Parameters
    ----------
    stream : TextIO, optional
        Where to write; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None):
        self.stream = stream or sys.stdout
        self.lines: dict[str, _Line] = {}
        self._live: Any = None

    def __enter__(self) -> Progress:
        if self.stream.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(get_renderable=self._table, console=Console(file=self.stream), refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def begin(self, step: str, words: str = "") -> None:
        """A step starts."""
        self.lines[step] = _Line(time.monotonic(), words)

    def say(self, step: str, words: str) -> None:
        """What a running step does now."""
        if step in self.lines:
            self.lines[step].words = words

    def end(self, step: str, words: str, seconds: float | None = None) -> None:
        """A step ended."""
        told = words if seconds is None else f"{words} in {seconds:.1f} s"
        self.lines.setdefault(step, _Line(time.monotonic())).end = told
        if self._live is None:
            self.tell(f"  {step:<24} {told}")

    def tell(self, line: str) -> None:
        """A line of its own, above the live ones."""
        if self._live is not None:
            self._live.console.print(line, highlight=False, markup=False, soft_wrap=True)
        else:
            print(line, file=self.stream, flush=True)

    def _table(self) -> Any:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        for step, line in self.lines.items():
            if line.end:
                table.add_row(Text("✗", "red") if line.end.startswith("failed") else Text("✓", "green"), step, Text(line.end, "dim"))
            else:
                seconds = f"{time.monotonic() - line.began:.1f} s"
                table.add_row(Spinner("dots", speed=1.0), step, Text(f"{seconds}  {line.words}"))
        return table
