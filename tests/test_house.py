"""The house: every import in the package runs down, and none in a circle.

FLOORS is the picture of it, the top floor first. The names are those of `ls tokscope`, and every import
counts: those within functions, and those for types alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tokscope

PACKAGE = Path(tokscope.__file__).parent

FLOORS = """
    __main__ cli
    commands
    shell
    gate statistics learning
    backends inside fitting measure
    inputs weights registry ids
    tracing render tokenizer entropy media
    report text engines models
    vocabularies
    split errors files
"""
FLOOR = {name: floor for floor, line in enumerate(FLOORS.split("\n")[1:-1]) for name in line.split()}


def rooms() -> list[str]:
    """Name what `ls tokscope` shows of code; __init__ is the package's face, and looks at what it likes."""
    found = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    return sorted(found - {"__init__"})


def imports(room: str) -> Iterator[tuple[str, str]]:
    """Give each room that a room imports, and the place where it does."""
    folder = PACKAGE / room
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = []
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}:{node.lineno}: a relative import"
                whole = node.module == "tokscope"
                names = [f"tokscope.{alias.name}" for alias in node.names] if whole else [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                package, _, rest = name.partition(".")
                target = rest.partition(".")[0]
                if package == "tokscope" and target in FLOOR and target != room:
                    yield target, f"{path.relative_to(PACKAGE.parent)}:{node.lineno}"


def test_every_room_stands_on_a_floor() -> None:
    assert sorted(FLOOR) == rooms()


@pytest.mark.parametrize("room", rooms())
def test_imports_run_down(room: str) -> None:
    up = [f"{where} imports {target}" for target, where in imports(room) if FLOOR[target] < FLOOR[room]]
    assert not up


def test_no_import_runs_in_a_circle() -> None:
    graph = {room: {target for target, _ in imports(room)} for room in rooms()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
