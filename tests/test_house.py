"""The house: every import in the package runs down, and none in a circle.

FLOORS is the picture of it, the top floor first. The names are those of `ls tokscope`, and every import
counts: those within functions, and those for types alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tokscope
from tokscope.cli import COMMANDS

PACKAGE = Path(tokscope.__file__).parent

FLOORS = """
    __main__ cli
    commands
    shell playground
    gate corpora statistics learning
    backends inside fitting measure batches structure_files
    inputs weights registry ids
    transcriber tracing render tokenizer codes entropy media
    report structures text engines models
    transcript split layout errors extras garbage vocabularies files manual version
"""
FLOOR = {name: floor for floor, line in enumerate(FLOORS.split("\n")[1:-1]) for name in line.split()}


PATHS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
"""Every module, by its path from the package."""


@cache
def source(path: str) -> str:
    return (PACKAGE / path).read_text("utf-8")


def tree(path: str) -> ast.Module:
    module = nodes(path)[0]
    assert isinstance(module, ast.Module)
    return module


@cache
def nodes(path: str) -> list[ast.AST]:
    """Give all that is in a module, the module first: to walk all of them takes seconds, and is done once."""
    return list(ast.walk(ast.parse(source(path))))


def test_the_manual_draws_this_house() -> None:
    page = (PACKAGE / "manual/extending.md").read_text("utf-8")
    drawn = page.partition("```text\n__main__")[2].partition("```")[0]
    rows = [line.partition("  ")[0] for line in f"__main__{drawn}".splitlines()]
    assert rows == [line.strip() for line in FLOORS.strip().splitlines()]


def module_name(path: str) -> str:
    """Name a module as imports do, without the package: render.table, and render of render/__init__.py."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module_name(path): path for path in PATHS}
"""The path of every module, by its name; the package's face is __init__, and looks at what it likes."""


def room_of(module: str) -> str:
    return module.partition(".")[0]


def rooms() -> list[str]:
    """Name what `ls tokscope` shows of code."""
    return sorted({*map(room_of, MODULES)} - {"__init__"})


TABLES = ("cli.py", "registry/__init__.py", "render/__init__.py")
"""Who imports what a table names: a command, a backend, a format, which is the one line that adds it."""


def called(function: ast.expr) -> str:
    """Give the last name of what is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_only_the_tables_import_by_name() -> None:
    """All else imports by statements, which the tests here read."""
    asking = {
        path
        for path in PATHS
        for node in nodes(path)
        if isinstance(node, ast.Call) and called(node.func) in ("import_module", "__import__")
    }
    assert asking == {"__init__.py", *TABLES}


def imports(module: str) -> Iterator[tuple[str, str]]:
    """Give each module of the package that a module imports, and the place where it does.

    A string that names one counts too, except in the table of backends, which stand above it.
    """
    path = MODULES[module]
    for node in nodes(path):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and module != "registry.backends":
            names = re.findall(r"\A(tokscope(?:\.\w+)+)(?::\w+)?\Z", node.value)
        for name in names:
            package, _, target = name.partition(".")
            if target not in MODULES:  # a name of the module that comes before it
                target = target.rpartition(".")[0]
            if package == "tokscope" and target and target != module:
                yield target, f"tokscope/{path}:{node.lineno}"


@cache
def all_imports() -> dict[str, list[tuple[str, str]]]:
    return {module: list(imports(module)) for module in MODULES if module != "__init__"}


def test_every_room_stands_on_a_floor() -> None:
    assert sorted(FLOOR) == rooms()


@pytest.mark.parametrize("room", rooms())
def test_imports_run_down(room: str) -> None:
    up = [
        f"{where} imports {target}"
        for module, found in all_imports().items()
        for target, where in found
        if room_of(module) == room and FLOOR[room_of(target)] < FLOOR[room]
    ]
    assert not up


def test_no_import_runs_in_a_circle() -> None:
    """None between rooms, and none between the modules of a room."""
    between_modules = {module: {target for target, _ in found} for module, found in all_imports().items()}
    between_rooms: dict[str, set[str]] = {room: set() for room in rooms()}
    for module, targets in between_modules.items():
        between_rooms[room_of(module)] |= {*map(room_of, targets)} - {room_of(module)}
    for graph in (between_rooms, between_modules):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            pytest.fail(" -> ".join(error.args[1]))


def test_nothing_inside_looks_at_the_face() -> None:
    """`from tokscope import load` would hide from which room it comes: the face is for those outside."""
    seen = []
    for path in MODULES.values():
        for node in nodes(path) if path != "__init__.py" else ():
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module == "tokscope":
                names = [alias.name for alias in node.names if alias.name not in MODULES]
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "tokscope":
                names = [node.attr]
            face = (*tokscope.__all__, "__version__")
            seen += [f"{path}:{node.lineno}: {name}" for name in names if name in face]
    assert seen == []


def test_tests_share_in_support_alone() -> None:
    """What several test modules use is in tests/support; only benches look at each other too."""
    tests = Path(__file__).parent
    shared = []
    for path in tests.rglob("*.py"):
        may = {"support", "bench"} if path.is_relative_to(tests / "bench") else {"support"}
        for node in ast.walk(ast.parse(path.read_bytes())):
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("tests.") and module.split(".")[1] not in may:
                shared.append(f"{path.relative_to(tests)}:{node.lineno} imports {module}")
    assert shared == []


def test_tests_mirror_the_package() -> None:
    """A folder of tests is called like a folder of the package, except for what all tests share."""
    tests = Path(__file__).parent
    folders = {path.parent.name for path in tests.glob("*/test_*.py")} - {"fuzz"}
    assert folders <= {path.name for path in PACKAGE.iterdir() if path.is_dir()}


LONGEST = 40
"""How many lines a function may have; a longer one says "long because" in its docstring or comments."""

HIDING = 30
"""How many lines a command's own code may have, without its options and docstring; more hide a noun."""


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: str) -> Iterator[Function]:
    return (node for node in nodes(path) if isinstance(node, Function))


def test_a_long_function_says_why() -> None:
    long = []
    for path in PATHS:
        lines = source(path).splitlines()
        for function in functions(path):
            own = lines[function.lineno - 1 : function.end_lineno]
            if len(own) > LONGEST and "long because" not in " ".join(" ".join(own).split()):
                long.append(f"{path}:{function.name}")
    assert long == []


def named_commands() -> list[str]:
    """Give where each command is: "module:function"."""
    places = [where for names in COMMANDS.values() for where in names.values()]
    return [one for where in places for one in (where.values() if isinstance(where, dict) else [where])]


def test_a_command_hides_no_noun() -> None:
    """A command parses, asks and hands over: what it does beside that has a name of its own."""
    for module, _, name in (where.partition(":") for where in named_commands()):
        path = f"{module.removeprefix('tokscope.').replace('.', '/')}.py"
        (command,) = (one for one in functions(path) if one.name == name)
        first = command.body[1]  # after the docstring
        assert (command.end_lineno or 0) - first.lineno < HIDING, f"{module}:{name}"


SHARED = {
    "AT_ONCE": "how much is worked on at a time",
    "BAR_WIDTH": "how many cells a bar has",
    "BEST": "the class of what lies on the best path",
    "BLOCK": "how many bytes are read at a time",
    "CALL": "in each API, what a call of a tool may hold",
    "COLUMNS": "the columns of a command's table",
    "CONTENT": "in each API, what a message's content may hold",
    "DATE": "how a date ends a model's name",
    "ESCAPE": "how an escape is written",
    "FAINT": "how rich is told of what is drawn faint",
    "FORMAT": "what a file of ours says that it is",
    "FORMAT_VERSION": "which version of our format a file has",
    "GAP": "what is between two columns",
    "HAN": "characters of Chinese",
    "HEADINGS": "what stands over the columns of a file",
    "HELD_OUT": "how many characters are held out, to judge by",
    "HOLD_OUT_EVERY": "of how many texts one is held out, to judge by",
    "INDENT": "what comes before a line that belongs to the one above it",
    "INK": "the colour of what is written in no other",
    "LABEL": "how wide a label is at most",
    "LINE": "a line of text",
    "MARGIN": "how many pixels are left free around everything",
    "MARKUP": "what a format would take for markup",
    "MEMORY": "how many bytes a child may take",
    "MESSAGE": "in each API, what a message may hold",
    "NO_XML": "the characters that XML cannot hold, beside the control characters",
    "NUMBER": "how a number is written",
    "OPTIONS": "the options that each variant of a tokenizer has",
    "OUTPUT": "in each API, what the output of a tool may hold",
    "PALETTE": "the colours that are taken in turn",
    "PAPER": "the colour behind everything",
    "PARTS": "in each API, the types of parts, and what each may hold",
    "PREFIX_ONLY": "what stands in place of an id where bytes are the start of tokens and none themselves",
    "READ": "in each API, the action that reads a request",
    "READERS": "what reads each kind of file",
    "REQUEST": "in each API, what a request may hold",
    "RESULT": "in each API, what the result of a tool may hold",
    "SECONDS": "how long a child, or a question, may take",
    "SETTINGS": "in each API, the keys that cost no tokens",
    "SHADES": "characters from light to dark",
    "SHIPPED": "where the model is that ships",
    "SPACE": "white space",
    "STYLE": "a style sheet",
    "SWELLING": "how many times its size an archive may unpack to",
    "TOP": "how many rows of a ranking are shown",
    "UNFINISHED": "what a file of an unfinished training says that it is",
    "UNSAFE": "the characters that a terminal may obey",
    "WIDTH": "how many cells wide to draw where nothing says how wide",
    "WINDOW": "how far a place to cut is looked for",
    "WORDY": "the characters of words",
}
"""The constants that several modules have, each a value of its own, and all in the sense written here."""


SHARED_FUNCTIONS = {
    "chart": "makes the chart of a command's report",
    "columns": "makes the columns of a command's table",
    "content": "in each API, reads what a message says",
    "html": "the format: writes a report as a page",
    "lines": "draws a report, or a part of one, as lines of a terminal",
    "load": "builds the tokenizer that a spec names",
    "main": "runs a program",
    "messages": "in each API, reads the messages of a request",
    "models_folder": "where a program for local models keeps them",
    "notes": "makes what a command says below its report",
    "object": "writes a row of a report in JSON",
    "output": "in each API, reads an output",
    "part": "in each API, reads a part of a message",
    "plain": "the format: writes a report as lines for programs",
    "png": "the format: writes a report as a PNG",
    "receive": "reads a message that `send` wrote",
    "render": "writes a report in the format that its module is called after",
    "report": "makes the report of a command",
    "row": "makes a row of a report",
    "schema": "in each API, reads a schema",
    "send": "writes a message into a pipe, its length before it",
    "svg": "the format: writes a report as an SVG",
    "system": "in each API, reads the system prompt",
    "tracks": "in each container format, reads the tracks",
}
"""The functions that several modules have, all in the sense written here.

Most are called by a table, as a backend's `load` and a format's `render` are; so are those of APIs.
"""

SHARED_FILES = {
    "chart": "report/ says what it holds, render/ draws it",
    "heat": "report/ says what it holds, render/ draws it",
    "ids": "ids.py reads and writes them, render/ has their formats",
    "levels": "inside/ finds them, report/ says what was found, render/ draws it",
    "npz": "files/ reads the format, render/ writes it",
    "ollama": "the program: its models on disk, and its API",
    "picture": "report/ says what it holds, render/ draws it",
    "split": "split.py is one, report/ has several side by side",
    "table": "report/ says what it holds, render/ draws it",
    "tokenizer_json": "the format: files/ reads it, tracing/ explains what it does",
    "trace": "report/ says what it holds, render/ draws it",
}
"""The names of files that several folders have, each with its reason."""

TYPED = ("backends/", "commands/")
"""Where files are called by the words that users type: what such a word stands on may be called by it too."""


def named(path: str) -> Iterator[str]:
    """Give the names of the classes, aliases and constants of a module, without leading underscores."""
    for node in tree(path).body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.ClassDef):
            targets = [ast.Name(node.name)]
        elif isinstance(node, ast.Assign):
            targets = [one for target in node.targets for one in getattr(target, "elts", [target])]
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            name = target.id.lstrip("_") if isinstance(target, ast.Name) else ""
            if name[:1].isupper() and len(name) > 1:  # T and R are type variables
                yield name


def named_functions(path: str) -> Iterator[str]:
    """Give the names of a module's functions, except the command, which is called as users type it."""
    commands = {
        where.rpartition(":")[2]
        for where in named_commands()
        if where.startswith(f"tokscope.{module_name(path)}:")
    }
    for node in tree(path).body:
        if isinstance(node, Function) and node.name not in commands:
            yield node.name.strip("_")


def file_name(path: str) -> Iterator[str]:
    if not path.startswith(TYPED):
        yield module_name(path).rpartition(".")[2]


@pytest.mark.parametrize(
    ("names", "shared"),
    [(named, SHARED), (named_functions, SHARED_FUNCTIONS), (file_name, SHARED_FILES)],
    ids=["constants", "functions", "files"],
)
def test_a_name_has_one_meaning(names: Callable[[str], Iterator[str]], shared: Mapping[str, str]) -> None:
    """No two modules give a class, a constant, a function or themselves one name, unless a table says why."""
    found: dict[str, set[str]] = {}
    for path in PATHS:
        for name in names(path):
            found.setdefault(name, set()).add(path)
    several = {name: sorted(paths) for name, paths in found.items() if len(paths) > 1}
    assert {name: paths for name, paths in several.items() if name not in shared} == {}
    assert several.keys() == shared.keys()


BY_NAME = ("compose", "action_", "on_")
"""How the methods of a screen begin that Textual calls by their names, each at what happens on the screen."""

COMMANDED = {"tokscope.cli:tokscope", *named_commands()}

Definition = Function | ast.ClassDef


def public(inside: ast.Module | ast.ClassDef) -> Iterator[tuple[ast.Module | ast.ClassDef, Definition]]:
    """Give the public functions, classes and methods, each with the module or class that it is in."""
    for one in inside.body:
        if isinstance(one, Definition) and not one.name.startswith("_"):
            yield inside, one
            if isinstance(one, ast.ClassDef):
                yield from public(one)


def has_example(one: Definition) -> bool:
    return re.search(r"^ *Examples?: ", ast.get_docstring(one) or "", re.MULTILINE) is not None


@cache
def classes() -> dict[str, ast.ClassDef]:
    """Give the classes by their names, of which no two public ones are the same."""
    return {one.name: one for path in PATHS for one in nodes(path) if isinstance(one, ast.ClassDef)}


def bases(one: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """Give the classes of the package that a class comes from, through all of them."""
    for base in one.bases:
        name = ast.unparse(base).partition("[")[0].rpartition(".")[2]
        if (found := classes().get(name)) is not None and found is not one:
            yield found
            yield from bases(found)


def needs_example(path: str, inside: ast.Module | ast.ClassDef, one: Definition) -> bool:
    """Say whether a public definition has to show by an example what it does; five kinds need not.

    A command has its examples on its page of the manual, which are run. An override does what the method of
    its base does, which has one. A property of one expression is told by its sentence. An overload is a form
    of the definition below it. What Textual calls by its name is called by nobody else.
    """
    if isinstance(one, ast.ClassDef):
        return True
    if isinstance(inside, ast.Module):
        return f"tokscope.{path.removesuffix('.py').replace('/', '.')}:{one.name}" not in COMMANDED
    overrides = (
        isinstance(method, Function) and method.name == one.name and has_example(method)
        for base in bases(inside)
        for method in base.body
    )
    marks = {ast.unparse(mark).rpartition(".")[2] for mark in one.decorator_list}
    is_property = bool(marks & {"property", "cached_property", "setter"}) and len(one.body) <= 2
    by_name = path.startswith("playground/") and one.name.startswith(BY_NAME)
    return not (any(overrides) or is_property or "overload" in marks or by_name)


def test_what_is_public_has_an_example() -> None:
    """Examples that are code by themselves are run, see test_examples."""
    without = [
        f"{path}:{one.lineno} {one.name}"
        for path in PATHS
        for inside, one in public(tree(path))
        if needs_example(path, inside, one) and not has_example(one)
    ]
    assert without == []
