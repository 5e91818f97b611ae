"""The examples in docstrings: where `Example: call -> value` is code by itself, it is true."""

from __future__ import annotations

import ast
import builtins
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy
import pytest

import tokscope
from tokscope import errors
from tokscope.engines.choice import Engines
from tokscope.engines.ranks import MappedRanks, Pattern
from tokscope.inputs import Decoding, Document
from tokscope.report.check import CheckReport, Finding
from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import Column, TableReport
from tokscope.structure_files.ledger import Ledger
from tokscope.structures.chem import mol
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import Molecule
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.vocabularies import VOCABULARIES

PACKAGE = Path(tokscope.__file__).parent

ILLUSTRATED = {
    "root_of": "a repository",
    "find_config": "a folder with a configuration",
    "walk": "a folder",
    "plugins": "a plug-in",
    "models_folder": "LM Studio",
    "work": "a corpus",
    "ray_task": "a corpus",
    "kinds_of": "files",
    "glances": "files",
}
"""Functions whose examples need something that is not there."""

ABSENT = (errors.TokenizerError, errors.InputError, errors.UsageError, FileNotFoundError)
"""What an example raises that names a file, a server or an extra which is not here."""

APART = (ast.Dict, ast.List, ast.Tuple, ast.Constant)
"""What comes before an arrow where a function's argument is shown, and not a call of it."""


PLAIN = (
    *(Path, BytesIO, StringIO, array),
    *(Document, Decoding, Molecule, NodeGraph),
    *(Column, TableReport, Cut, SplitReport, Ledger),
)
"""What examples make their arguments of, also where their own module does not import it."""


def examples() -> Iterator[tuple[str, str, str]]:
    """Give each example that has an arrow: the module, the name of what it is about, and the example."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                for found in re.finditer(
                    r"^Example: (.*?)(?=\n\n|\Z)", ast.get_docstring(node) or "", re.MULTILINE | re.DOTALL
                ):
                    for example in arrows(re.sub(r"\s*\n\s*", " ", found[1])):
                        yield module, node.name, example


def arrows(example: str) -> Iterator[str]:
    """Take `a(); b() -> 1; c() -> 2` apart into `a(); b() -> 1` and `c() -> 2`."""
    kept: list[str] = []
    for part in example.split("; "):
        kept.append(part)
        whole = "; ".join(kept)
        if " -> " in whole and code(whole.rpartition(" -> ")[2]):
            yield whole
            kept = []
    if " -> " in (rest := "; ".join(kept)):
        yield rest


def code(text: str) -> list[ast.stmt]:
    """Read it as Python; what is none is nothing."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError):
        return []


def known() -> dict[str, Any]:
    """Give what an example names without making it; see also what its own module imports."""
    edges = array("q", [0, 0]), array("q", [1, 2])
    ranks, pattern = MappedRanks(VOCABULARIES["o200k_base"].path), Pattern(VOCABULARIES["o200k_base"].pattern)
    columns = [Column("path", "path"), Column("o200k_base", "int")]
    found = Finding("a.md", 12, "max", "error", 4210, False, 4000, "o200k_base")
    return {
        **{name: getattr(tokscope, name) for name in tokscope.__all__},
        **{one.__name__: one for one in PLAIN},
        "np": numpy,
        "LINE_OR_WORD": LINE_OR_WORD,
        "ranks": ranks,
        "pattern": pattern,
        "engines": Engines("o200k_base", ranks, pattern),
        "ethanol": mol("CCO", "an example"),
        "small": TableReport(columns, [("a.md", 10)], results=[{"path": "a.md", "tokens": 10}]),
        "checked": CheckReport([], [], findings=[found]),
        "graph": NodeGraph(["A", "B", "C"], *edges),
        "progress": lambda document: None,
    }


def value_of(text: str, names: dict[str, Any]) -> Any:
    """Run it, statements with a `;` between them; the last is an expression."""
    *before, last = code(text)
    exec(compile(ast.Module(before, []), "example", "exec"), names)
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "example", "eval"), names)


def runnable(text: str, names: Mapping[str, Any]) -> bool:
    """Say whether it is code that ends in an expression, of known names alone, with nothing left out."""
    body = code(text)
    if not body or not isinstance(body[-1], ast.Expr):
        return False
    nodes = [node for one in body for node in ast.walk(one)]
    bound = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    bound |= {one.arg for one in nodes if isinstance(one, ast.arg)}
    used = {one.id for one in nodes if isinstance(one, ast.Name)}
    return "..." not in text and all(name in names or hasattr(builtins, name) for name in used - bound)


def alike(found: Any, said: Any) -> bool:
    if isinstance(said, float):
        return math.isclose(found, said, rel_tol=0.01)
    if isinstance(said, list | tuple) and isinstance(found, Iterable):
        found = list(found)
        return len(found) == len(said) and all(map(alike, found, said))
    return bool(found == said)


@pytest.mark.slow
def test_an_example_shows_something() -> None:
    """One that ends in nothing says what a function gives where there is nothing: never that alone."""
    shown: dict[tuple[str, str], set[str]] = {}
    for module, name, example in examples():
        shown.setdefault((module, name), set()).add(example.rpartition(" -> ")[2])
    assert [where for where, values in shown.items() if values <= {"None", "[]", "{}", "()", '""'}] == []


@pytest.mark.slow
def test_examples_are_true() -> None:
    wrong, held, around = [], 0, known()
    for module, name, example in examples():
        call, _, value = example.rpartition(" -> ")
        names = {**around, **vars(import_module(module))}
        if module.startswith("tokscope.backends.") and "load(Spec" not in call:
            names["load"] = tokscope.load  # and not the backend's own, which takes a Spec
        if name in ILLUSTRATED or not (runnable(call, names) and runnable(value, names)):
            continue
        last = code(call)[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, APART):
            continue
        try:
            true = alike(value_of(call, names), value_of(value, names))
        except ABSENT:
            continue
        except Exception as error:
            wrong.append(f"{module}: {example}: {error!r}")
            continue
        held += true
        if not true:
            wrong.append(f"{module}: {example}")
    assert wrong == []
    assert held > 700  # the others need files, or show more than code does
