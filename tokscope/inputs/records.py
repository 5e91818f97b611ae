"""Records: one field of every record of JSON, JSON Lines, YAML, TOML and CSV."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tokscope.errors import InputError, MissingExtra
from tokscope.files.compressed import uncompressed_name
from tokscope.files.parsing import TooLong, json_of, toml_of, values_of
from tokscope.inputs.document import HEAD, Document
from tokscope.split import mended

if TYPE_CHECKING:
    from yaml import Node

Place = str
"""Which record it is, to say in an error: "line 3: ", "record 3: ", or "" where there is only one."""


def records(document: Document, field: str, say: Callable[[str], None]) -> Iterator[str]:
    r"""Read one field of every record of a document.

    Example: of the lines {"text": "Hi"} and {"text": "Ho"} the field "text" -> "Hi", "Ho"

    Dots lead into objects and lists, as in "messages.0.content"; where a list is met by no number, every
    element of it is meant, so that "messages.content" gives as many texts as there are messages. The content
    tells what a document is, and the file's ending where the content leaves it open, see told(). JSON Lines
    and CSV are read as they come, the others whole. Half of a surrogate pair ("\\ud83d") is JSON but no text:
    it is read as U+FFFD, and `say` is told. Raises InputError, which says what the document was taken for and
    names the record that is broken, lacks the field, or has no string there.
    """
    head, blocks = _peeked(document.blocks())
    if not head.strip("\ufeff \t\r\n"):
        return
    kind = told(head, field, PurePath(uncompressed_name(document.path)).suffix.lower())
    if kind is None:
        raise InputError(document.path, "no records: not JSON, JSON Lines, YAML, TOML, CSV or TSV")
    try:
        for place, text in READERS[kind](blocks, field):
            whole = text if text.isascii() else mended(text)
            if whole is not text:
                say(f"{document.path}: {place}half a surrogate pair is no text; read as U+FFFD")
            yield whole
    except RecursionError as error:
        raise InputError(document.path, f"taken for {kind}: nested too deeply") from error
    except (ValueError, MissingExtra) as error:
        raise InputError(document.path, f"taken for {kind}: {error}") from error


def _peeked(blocks: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Give the beginning of a text, with its first line that is not blank, and again the whole text."""
    head = ""
    for block in blocks:
        head += block
        if len(head) >= HEAD and "\n" in head.lstrip("\ufeff \t\r\n"):
            break
    return head, chain([head], blocks)


ENDINGS = {
    **dict.fromkeys((".jsonl", ".ndjson"), "JSON Lines"),
    ".json": "JSON",
    ".toml": "TOML",
    ".csv": "CSV",
    **dict.fromkeys((".yaml", ".yml"), "YAML"),
    **dict.fromkeys((".tsv", ".tab"), "TSV"),
}
_JSON = re.compile(r"""\{\s*(?:["}]|$)|\[\s*(?:["{}\]\d-]|$|\[(?!\s*[A-Za-z_"']))""")
_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_TABLE = re.compile(rf"\[\[?\s*{_KEY}(?:\s*\.\s*{_KEY})*\s*\]\]?\s*(?:#.*)?")
_PAIR = re.compile(rf"{_KEY}(?:\s*\.\s*{_KEY})*\s*=\s*\S.*")
_YAML = re.compile(rf"---(?:\s.*)?|%YAML .*|-(?:\s.*)?|(?:{_KEY}|[^\s,;\t:][^,;\t:]*):(?:\s.*)?")


def told(head: str, field: str, ending: str) -> str | None:
    r"""Tell what a document is that begins with `head`: a name in READERS, or None for none of them.

    Example: told('{"a": 1}\n{"a": 2}\n', "a", ".txt") -> "JSON Lines"; told("a: 1\n", "a", "") -> "YAML"

    JSON is known by its brackets whatever the file is called. The ending decides between the others, and they
    are told apart by the first line that is neither blank nor a comment where it says nothing.
    """
    hint = ENDINGS.get(ending)
    lines = [line for line in map(str.strip, head.removeprefix("\ufeff").split("\n")) if line]
    header = next(iter(lines), "")
    first = next((line for line in lines if not line.startswith("#")), "")
    if first[:1] in ("{", "["):
        if hint == "TOML" and _TABLE.fullmatch(first):
            return hint
        if hint == "JSON Lines" or _is_json(first):
            return "JSON Lines"
        if hint == "JSON" or (hint != "YAML" and _JSON.match(first)):
            return "JSON"
        return "TOML" if _TABLE.fullmatch(first) else "YAML"  # whose flow style has bare words in brackets
    if hint in ("CSV", "TSV"):
        return separated(header)
    if hint is not None:
        return hint
    if _PAIR.fullmatch(first):
        return "TOML"
    if _YAML.fullmatch(first):
        return "YAML"
    kind = separated(header)
    cells = [cell.strip(' "') for cell in header.split(DELIMITERS[kind])]
    return kind if len(cells) > 1 or field in cells else None


def _is_json(text: str) -> bool:
    try:
        json_of(text)
    except TooLong:  # which is for the reader to say
        return True
    except ValueError:
        return False
    return True


def _lines(blocks: Iterable[str]) -> Iterator[str]:
    r"""Give the lines of a text, which end with "\n" alone, without it; a block and a line are in memory."""
    kept: list[str] = []
    for block in blocks:
        first, *lines = block.split("\n")
        kept.append(first)
        if lines:
            yield "".join(kept)
            kept = [lines.pop()]
            yield from lines
    if rest := "".join(kept):
        yield rest


def _whole(blocks: Iterable[str]) -> str:
    return "".join(blocks).removeprefix("\ufeff")


def straight(field: str) -> Callable[[str], tuple[Any, str] | None]:
    """Make what reads a line of JSON by the shortest way: gives the record, and the string at `field` in it.

    Example: read = straight("a"); read('{"a": "Hi"}') -> ({"a": "Hi"}, "Hi"); read("[") -> None

    Most lines are JSON and nothing else, with a string where keys lead, and there may be millions of them.
    For every other one it gives None, and the way that says what is wrong is to be taken.
    """
    import json

    decode, steps = json.JSONDecoder().raw_decode, field.split(".")

    def read(line: str) -> tuple[Any, str] | None:
        try:
            record, end = decode(line)
            found = record
            for step in steps:
                found = found[step]
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        return (record, found) if end == len(line) and type(found) is str else None

    return read


def _json_lines(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    """Read JSON Lines, blank lines passed over."""
    read = straight(field)
    for number, line in enumerate(_lines(blocks), 1):
        place = f"line {number}: "
        if found := read(line):
            yield place, found[1]
        elif record := line.strip("\ufeff \t\r\n"):
            try:
                value = json_of(record)
            except ValueError as error:
                raise ValueError(f"{place}{error}") from error
            yield from _strings(value, field, place)


def _json(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    """Read JSON: a record, a list of them, or several one after the other, as jq writes them."""
    values = values_of(_whole(blocks))
    yield from _several(values[0] if len(values) == 1 else values, field)


def _toml(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    yield from _strings(toml_of(_whole(blocks)), field, "")


def _several(value: object, field: str) -> Iterator[tuple[Place, str]]:
    """Give the field of each record of a list, or of the only one; a number leads into the list itself."""
    if isinstance(value, list) and not field.partition(".")[0].isdecimal():
        for number, one in enumerate(value, 1):
            yield from _strings(one, field, f"record {number}: ")
    else:
        yield from _strings(value, field, "")


REPEATED = 10_000_000
"""How many characters the aliases of a YAML document may stand for."""


def _yaml(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    """Read YAML with PyYAML's safe loader: documents, and the records of those that are lists.

    An alias costs nothing until it is followed, and nested ones stand for exponentially much, so what they
    stand for is added up before anything is made of it.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingExtra("YAML", "yaml") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(_whole(blocks))  # C's: where PyYAML has it
    try:
        while loader.check_node():
            root = loader.get_node()
            _bound(root)
            many = isinstance(root, yaml.SequenceNode) and not field.partition(".")[0].isdecimal()
            for node in root.value if many else [root]:
                place = f"line {node.start_mark.line + 1}: "
                try:
                    value = loader.construct_document(node)
                except yaml.YAMLError:
                    raise
                except (ValueError, OverflowError) as error:  # a month 13
                    raise ValueError(f"{place}{error}") from error
                except (AttributeError, LookupError, TypeError) as error:  # how the loader refuses "!!int ''"
                    raise ValueError(f"{place}not YAML: a value is not what its tag says") from error
                yield from _strings(value, field, place)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}not YAML: {' '.join((error.problem or '').split())}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error
    except UnboundLocalError as error:  # how the loader in C ends that has nested too deeply
        raise ValueError("nested too deeply") from error
    finally:
        loader.dispose()


def _bound(root: Node) -> None:
    """Add up what the aliases of a YAML document stand for. Raises ValueError where it is too much."""
    sizes: dict[int, int | None] = {}  # by id: with all that it holds, aliases followed; None inside of it
    own = 0

    def size(node: Node) -> int:
        nonlocal own
        known = sizes.get(id(node), 0)
        if known is None:
            raise ValueError(f"line {node.start_mark.line + 1}: an alias within what it stands for")
        if known:
            return known
        sizes[id(node)] = None
        total = here = 1
        if isinstance(node.value, str):
            if node.tag.endswith(":int") and len(node.value) > sys.get_int_max_str_digits():
                raise TooLong(f"line {node.start_mark.line + 1}: ")
            here += len(node.value)
            total = here
        else:
            for child in node.value:
                total += sum(map(size, child)) if isinstance(child, tuple) else size(child)
        own += here
        sizes[id(node)] = total
        return total

    if size(root) - own > REPEATED:
        raise ValueError(f"its aliases stand for more than {REPEATED:,} characters")


DELIMITERS = {"CSV": ",", "TSV": "\t", "CSV with semicolons": ";"}


def separated(header: str) -> str:
    """Tell by its header what separates a table's cells: what is there most often, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=lambda kind: bare.count(DELIMITERS[kind]))


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Read rows as csv does, with the lines where they begin. Raises ValueError, for broken quotes too."""
    import csv

    csv.field_size_limit((1 << 31) - 1)  # it is 128 KiB, less than a text may have
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in rows:
            if row:
                yield start, row
            start = rows.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {start}: {error}") from error


def _table(delimiter: str) -> Callable[[Iterator[str], str], Iterator[tuple[Place, str]]]:
    """Make the reader of tables whose cells are separated by `delimiter`, with names in the first row."""

    def read(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
        blocks = chain([next(blocks).removeprefix("\ufeff")], blocks)
        rows = _rows((f"{line}\n" for line in _lines(blocks)), delimiter)
        _, header = next(rows)
        columns = [at for at, name in enumerate(header) if name.strip() == field]
        if len(columns) != 1:
            has = f"has {len(columns)} columns" if columns else "has no column"
            raise ValueError(f"it {has} {field!r}; its columns are {_names(header)}")
        for line, row in rows:
            if len(row) <= columns[0] or any(row[len(header) :]):
                raise ValueError(f"line {line}: cells: {len(row)}, and in the header {len(header)}")
            yield f"line {line}: ", row[columns[0]]

    return read


READERS: dict[str, Callable[[Iterator[str], str], Iterator[tuple[Place, str]]]] = {
    "JSON": _json,
    "JSON Lines": _json_lines,
    "YAML": _yaml,
    "TOML": _toml,
    **{kind: _table(delimiter) for kind, delimiter in DELIMITERS.items()},
}
"""What reads each kind: blocks of text and a field -> the place and the string of each record."""


def _strings(value: object, field: str, place: Place) -> Iterator[tuple[Place, str]]:
    """Follow a dotted path to its strings. Raises ValueError, which says what was found instead."""
    for text in follow(value, field.split("."), 0):
        if isinstance(text, ValueError):
            raise ValueError(f"{place}{text}") from text
        yield place, text


def follow(value: Any, steps: list[str], taken: int) -> Iterator[str | ValueError]:
    """Follow a path whose first steps are `taken`; elements of lists are steps too, once they are."""
    for at in range(taken, len(steps)):
        step = steps[at]
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and not step.isdecimal():
            break
        elif isinstance(value, list) and int(step) < len(value):
            value = value[int(step)]
        else:
            yield ValueError(f"no field {'.'.join(steps)!r}: no {step!r} in {described(value)}")
            return
    else:
        at = len(steps)
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from follow(one, [*steps[:at], str(index), *steps[at:]], at + 1)
    elif isinstance(value, str):
        yield value
    else:
        yield ValueError(f"field {'.'.join(steps)!r} is {described(value)}, not a string")


def described(value: object) -> str:
    """Say in words what a value is that is no string.

    Example: described([1, 2]) -> "a list of 2"
    """
    if isinstance(value, dict):
        return f"an object of {_names(value)}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "null" if value is None else "a string" if isinstance(value, str) else f"a {type(value).__name__}"


def _names(names: Iterable[object]) -> str:
    """Name some keys or columns on one line, however long they are."""
    some = [" ".join(str(name)[:40].split()) for name in islice(names, 21)]
    return ", ".join([*some[:20], "…"] if len(some) > 20 else some)
