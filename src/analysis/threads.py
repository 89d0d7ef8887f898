"""How many threads numeric libraries may use."""

from __future__ import annotations

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """Numeric libraries work in one thread: the same bytes every time, and no threads that wait for a busy core.

    Many small steps in several threads take minutes instead of seconds where another process wants a core.
    """
    from threadpoolctl import threadpool_limits

    context: AbstractContextManager[object] = threadpool_limits(1)
    return context
