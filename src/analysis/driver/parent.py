"""A process does not outlive the one that started it."""

from __future__ import annotations

import multiprocessing
import os
import threading


def watch_parent() -> None:
    """End this process as soon as its parent is gone, however the parent ended."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
