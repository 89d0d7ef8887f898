"""What no other tool checks: notebooks are clean, no file names a machine, environment.yml says what the lock says."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from environment import make_environment

ROOT = Path(__file__).resolve().parents[1]
MACHINE = re.compile(r"(?<![\w.])(/(work|root|home|Users|tmp)/\w|[A-Z]:\\\\?Users)")
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.Lambda,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
)
MAX_LINES = 8


def check_notebook(path: Path) -> Iterator[str]:
    """Complaints about one notebook: it holds prose and short calls, no logic, no outputs."""
    import nbformat

    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        nbformat.validate(content)
    except nbformat.ValidationError as error:
        yield f"is not valid: {str(error).splitlines()[0]}"
        return
    if content["nbformat_minor"] < 5:
        yield "has no cell ids; save it with nbformat 4.5"
    if content["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "its kernel is not python3"
    cells = content["cells"]
    if sum("parameters" in cell["metadata"].get("tags", []) for cell in cells) != 1:
        yield "has not exactly one cell tagged parameters"
    for cell in cells:
        if cell["cell_type"] == "code":
            yield from (f"cell {cell.get('id')} {complaint}" for complaint in check_code(cell))


def check_code(cell: dict) -> Iterator[str]:
    """Complaints about one code cell."""
    source = "".join(cell["source"])
    if cell["outputs"] or cell["execution_count"] is not None:
        yield "has outputs; clear them before you commit"
    lines = [line for line in source.splitlines() if line.strip()]
    if len(lines) > MAX_LINES:
        yield f"has {len(lines)} lines; a cell is a call or two (at most {MAX_LINES} lines)"
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, LOGIC):
            yield f"line {node.lineno} holds logic ({type(node).__name__}); move it into src/analysis"
        if isinstance(node, ast.Attribute) and node.attr in ("groupby", "merge", "apply", "pivot_table"):
            yield f"line {node.lineno} computes ({node.attr}); move it into src/analysis"
    if "parameters" in cell["metadata"].get("tags", []):
        for statement in tree.body:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)):
                yield f"line {statement.lineno} of the parameters is not a literal"


def check_paths(names: list[str]) -> Iterator[str]:
    """Files that name a place on one machine."""
    for name in names:
        path = ROOT / name
        if not path.is_file() or name == "requirements.lock":
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        yield from (f"{name}:{number}: names a place on one machine" for number, line in enumerate(lines, 1) if MACHINE.search(line))


def list_committed() -> list[str]:
    """Files under version control; all files of the project's own folders where git is missing."""
    try:
        return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return [str(path.relative_to(ROOT)) for folder in ("src", "notebooks", "tests") for path in (ROOT / folder).rglob("*")]


def main() -> int:
    """Print every complaint; 1 if there is one."""
    found = [f"{path.name} {line}" for path in sorted((ROOT / "notebooks").glob("*.ipynb")) for line in check_notebook(path)]
    found += check_paths(list_committed())
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    if (ROOT / "environment.yml").read_text(encoding="utf-8") != make_environment(lock):
        found.append("environment.yml does not hold the versions of requirements.lock; run: make lock")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
