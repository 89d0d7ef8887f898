import os
import subprocess
import sys

import pytest

from analysis.driver.pool import ENVIRONMENT

SCRIPT = """
import os, sys
import analysis.driver.preload
print(len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1)
print([name for name in sys.modules if name.startswith("analysis.demo")], "rfc3987_syntax" in sys.modules)
"""


@pytest.fixture(scope="module")
def preloaded():
    here = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, "-c", SCRIPT], env=here, capture_output=True, text=True, check=True)


def test_everything_can_be_imported(preloaded):
    assert preloaded.stderr == ""


def test_fork_server_has_one_thread(preloaded):
    """A fork of a process with several threads may hang."""
    assert preloaded.stdout.splitlines()[0] == "1"


def test_simulation_is_not_imported(preloaded):
    assert preloaded.stdout.splitlines()[1] == "[] False"
