"""Replace a published folder by a new one so that a killed run leaves the old one whole or the new one whole."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path

_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot (then nothing happened)."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM):
        return False
    raise OSError(code, os.strerror(code), str(other))


def swap(new: Path, published: Path) -> None:
    """Put `new` in the place of `published`; the old folder is removed.

    Where the system has no exchange, the old folder is first renamed to ``<new>.old``; `repair` undoes a swap that was
    interrupted between the two renames.
    """
    old = _old(new)
    published.parent.mkdir(parents=True, exist_ok=True)
    if not published.exists():
        os.rename(new, published)
    elif exchange(new, published):
        shutil.rmtree(new)
    else:
        os.rename(published, old)
        os.rename(new, published)
        shutil.rmtree(old)


def repair(new: Path, published: Path) -> bool:
    """Clean up after a run that was killed while building or swapping; True where there was something to do."""
    old = _old(new)
    found = new.exists() or old.exists()
    if old.exists() and not published.exists():
        os.rename(old, published)
    for left in (new, old):
        if left.exists():
            shutil.rmtree(left)
    return found


def _old(new: Path) -> Path:
    return new.with_name(new.name + ".old")
