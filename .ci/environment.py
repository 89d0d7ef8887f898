"""Print environment.yml: what requirements.lock pins, for conda users."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# The versions of requirements.lock, for conda users. Made by `make lock`; do not edit.
#   conda env create --file environment.yml && conda activate analysis && python -m analysis report
name: analysis
channels: [conda-forge]
dependencies:
  - python>=3.11,<3.14
  - pip
  - pip:
"""


def read_pins(lock: str) -> list[str]:
    """Lines ``name==version``, with the marker where there is one, in the order of the lock file."""
    return [" ".join(pin.split()) for pin in re.findall(r"^([a-z0-9][^\s]*==[^\\\n]*)", lock, flags=re.MULTILINE)]


def make_environment(lock: str) -> str:
    """The text of environment.yml."""
    return HEAD + "".join(f'      - "{pin}"\n' for pin in read_pins(lock)) + '      - "--editable ."\n'


if __name__ == "__main__":
    print(make_environment((ROOT / "requirements.lock").read_text(encoding="utf-8")), end="")
