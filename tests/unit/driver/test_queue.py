"""What may start, and in which order."""

from dataclasses import dataclass, field
from pathlib import Path

from analysis.driver.graph import Contents, Notebook, Share
from analysis.driver.jobs import Job
from analysis.driver.queue import Queue

CONTENTS = Contents(
    (Notebook("small", effort=1), Notebook("large", effort=5, after=("model",))),
    (Share("facts", effort=2), Share("model", effort=3, after=("facts",))),
)


@dataclass
class Month:
    """Stands for a plan: the queue asks it for its period alone."""

    period: str
    done: dict = field(default_factory=dict)


def job(name: str) -> Job:
    return Job(name, Path(), Path(), Path(), Path(), (), {}, {}, {}, 1)


def taken(queue: Queue) -> list[tuple[str, str]]:
    found = []
    while item := queue.take():
        found.append((item[0].period, item[1].name))
    return found


def test_a_notebook_waits_until_its_shares_are_over():
    queue, month = Queue(CONTENTS), Month("2020-01")
    queue.add(month, [job("large"), job("small")])
    assert taken(queue) == [("2020-01", "facts"), ("2020-01", "small")]
    queue.end(month, "facts")
    assert taken(queue) == [("2020-01", "model")]
    queue.end(month, "model")
    assert taken(queue) == [("2020-01", "large")]
    assert not queue


def test_a_share_that_no_stale_notebook_needs_is_not_made():
    queue = Queue(CONTENTS)
    queue.add(Month("2020-01"), [job("small")])
    assert taken(queue) == [("2020-01", "small")]


def test_a_share_is_made_once_a_month():
    queue, month = Queue(CONTENTS), Month("2020-01")
    queue.add(month, [job("large")])
    queue.add(month, [job("large")])
    assert taken(queue) == [("2020-01", "facts")]


def test_earlier_months_go_first_and_do_not_free_later_ones():
    queue, early, late = Queue(CONTENTS), Month("2020-01"), Month("2020-02")
    queue.add(late, [job("large")])
    queue.add(early, [job("large")])
    assert taken(queue) == [("2020-01", "facts"), ("2020-02", "facts")]
    queue.end(early, "facts")
    assert taken(queue) == [("2020-01", "model")]
