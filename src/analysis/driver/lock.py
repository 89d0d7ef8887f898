"""One run at a time: an advisory lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold(path: Path, what: str, say: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the lock file `path` for the time of the block; wait for it where another process holds it.

    Parameters
    ----------
    what : str
        Told to whoever waits for us.
    say : callable, optional
        Receives one line when we have to wait.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if say is not None:
                holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "another process"
                say(f"waiting for {holder}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{what} (process {os.getpid()})\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
