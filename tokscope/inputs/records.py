"""Records: one field of every record of JSON, JSON Lines, YAML, TOML and CSV."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import PurePath

from tokscope.errors import InputError, MissingExtra
from tokscope.files.compressed import uncompressed_name
from tokscope.files.parsing import TooLong, json_of, toml_of, values_of
from tokscope.inputs.binary import SNIFFED
from tokscope.inputs.document import Document
from tokscope.inputs.fields import Place, field_strings, named_shortly, straight
from tokscope.inputs.yaml_records import yaml_strings
from tokscope.split import mended


def read_records(document: Document, field: str, say: Callable[[str], None]) -> Iterator[str]:
    r"""Read one field of every record of a document.

    Example: of the lines {"text": "Hi"} and {"text": "Ho"} the field "text" -> "Hi", "Ho"

    Dots lead into objects and lists, as in "messages.0.content"; where a list is met by no number, every
    element of it is meant, so that "messages.content" gives as many texts as there are messages. The content
    tells what a document is, and the file's ending where the content leaves it open, see records_reader().
    JSON Lines and CSV are read as they come, the others whole. Half of a surrogate pair ("\\ud83d") is JSON
    but no text: it is read as U+FFFD, and `say` is told. Raises InputError, which says what the document was
    taken for and names the record that is broken, lacks the field, or has no string there.
    """
    head, blocks = _peeked(document.blocks())
    if not head.strip("\ufeff \t\r\n"):
        return
    kind = records_reader(head, field, PurePath(uncompressed_name(document.path)).suffix.lower())
    if kind is None:
        raise InputError(document.path, "no records: not JSON, JSON Lines, YAML, TOML, CSV or TSV")
    try:
        for place, text in READERS[kind](blocks, field):
            whole = text if text.isascii() else mended(text)
            if whole is not text:
                say(f"{document.path}: {place}half a surrogate pair is not text; read as U+FFFD")
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
        if len(head) >= SNIFFED and "\n" in head.lstrip("\ufeff \t\r\n"):
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


def records_reader(head: str, field: str, ending: str) -> str | None:
    r"""Tell what a document is that begins with `head`: a name in READERS, or None for none of them.

    Example: records_reader('{"a": 1}\n{"a": 2}\n', "a", ".txt") -> "JSON Lines"; records_reader("a: 1\n",
    "a", "") -> "YAML"

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


def _line_by_line(blocks: Iterable[str]) -> Iterator[str]:
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


def _whole_text(blocks: Iterable[str]) -> str:
    return "".join(blocks).removeprefix("\ufeff")


def _json_lines(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    """Read JSON Lines, blank lines passed over."""
    read = straight(field)
    for number, line in enumerate(_line_by_line(blocks), 1):
        place = f"line {number}: "
        if found := read(line):
            yield place, found[1]
        elif record := line.strip("\ufeff \t\r\n"):
            try:
                value = json_of(record)
            except ValueError as error:
                raise ValueError(f"{place}{error}") from error
            yield from field_strings(value, field, place)


def _json(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    """Read JSON: a record, a list of them, or several one after the other, as jq writes them."""
    values = values_of(_whole_text(blocks))
    yield from _field_of_each(values[0] if len(values) == 1 else values, field)


def _yaml(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    yield from yaml_strings(_whole_text(blocks), field)


def _toml_field(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
    yield from field_strings(toml_of(_whole_text(blocks)), field, "")


def _field_of_each(value: object, field: str) -> Iterator[tuple[Place, str]]:
    """Give the field of each record of a list, or of the only one; a number leads into the list itself."""
    if isinstance(value, list) and not field.partition(".")[0].isdecimal():
        for number, one in enumerate(value, 1):
            yield from field_strings(one, field, f"record {number}: ")
    else:
        yield from field_strings(value, field, "")


DELIMITERS = {"CSV": ",", "TSV": "\t", "CSV with semicolons": ";", "CSV with bars": "|"}


def separated(header: str) -> str:
    """Tell by its header what separates a table's cells: what is there most often, outside of quotes.

    Example: separated("id;text") -> "CSV with semicolons", one of DELIMITERS
    """
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=lambda kind: bare.count(DELIMITERS[kind]))


def _csv_rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
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


def _table_reader(delimiter: str) -> Callable[[Iterator[str], str], Iterator[tuple[Place, str]]]:
    """Make the reader of tables whose cells are separated by `delimiter`, with names in the first row."""

    def read(blocks: Iterator[str], field: str) -> Iterator[tuple[Place, str]]:
        blocks = chain([next(blocks).removeprefix("\ufeff")], blocks)
        rows = _csv_rows((f"{line}\n" for line in _line_by_line(blocks)), delimiter)
        _, header = next(rows)
        columns = [at for at, name in enumerate(header) if name.strip() == field]
        if len(columns) != 1:
            has = f"has {len(columns)} columns" if columns else "has no column"
            raise ValueError(f"it {has} {field!r}; its columns are {named_shortly(header)}")
        for line, row in rows:
            if len(row) <= columns[0] or any(row[len(header) :]):
                raise ValueError(f"line {line}: cells: {len(row)}, and in the header {len(header)}")
            yield f"line {line}: ", row[columns[0]]

    return read


READERS: dict[str, Callable[[Iterator[str], str], Iterator[tuple[Place, str]]]] = {
    "JSON": _json,
    "JSON Lines": _json_lines,
    "YAML": _yaml,
    "TOML": _toml_field,
    **{kind: _table_reader(delimiter) for kind, delimiter in DELIMITERS.items()},
}
"""What reads each kind: blocks of text and a field -> the place and the string of each record."""
