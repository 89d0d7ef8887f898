"""Imported once by the fork server; every notebook's kernel then starts with these libraries in memory.

Importing the statistics stack takes longer than analysing a small company. It is paid once a run, while the ledger is
being prepared; so are this package's own modules (the run has hashed their code before, so that a record never names
newer code than what ran). What cannot be imported here is left for the notebook to report.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import signal
import sys
from pathlib import Path

import analysis
from analysis.driver.grammar import without_url_grammar
from analysis.driver.rehearsal import rehearse

LIBRARIES = """
numpy pandas pandas.io.formats.style pyarrow.parquet duckdb ibis ibis.backends.duckdb pandera.pandas pydantic
ipykernel.kernelapp ipykernel.debugger matplotlib_inline.backend_inline papermill
matplotlib.backends.backend_svg scipy.stats scipy.optimize nbconvert sklearn.ensemble sklearn.mixture sklearn.tree
"""


COLLECT_AFTER = (50_000, 20, 100)
"""Expressions and figures are many small objects that live together: fewer, larger collections."""

NOT_USED = ("analysis.__main__", "analysis.demo", "analysis.driver", "analysis.run")


def list_modules() -> list[str]:
    """Modules of our own that notebooks and pages use."""
    root = Path(analysis.__file__).parent
    paths = [path.relative_to(root.parent).with_suffix("") for path in sorted(root.rglob("*.py"))]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    return [name for name in names if not name.startswith(NOT_USED)]


def preload() -> None:
    """Import the libraries and modules, compile the notebook format's schema, and do once what every notebook does."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # without a word: the driver says what has to be said
    with without_url_grammar():
        for name in [*LIBRARIES.split(), *list_modules()]:
            try:
                importlib.import_module(name)
            except Exception as error:
                print(f"could not preload {name}: {error}", file=sys.stderr)
        import nbformat

        nbformat.validate(nbformat.v4.new_notebook())
        try:
            rehearse()
        except Exception as error:
            print(f"could not rehearse: {error}", file=sys.stderr)
    # what lives as long as the run is not looked through again and again for rubbish, here or in the children
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # an engine complains of what it finds uncollected at the end
    gc.set_threshold(*COLLECT_AFTER)


preload()  # the fork server imports the modules that it is told to preload, and runs nothing else
