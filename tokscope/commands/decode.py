"""`tokscope decode`: token ids back to text."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import typer

from tokscope import ids
from tokscope.errors import UsageError
from tokscope.ids import Width
from tokscope.render import IN_TEXT
from tokscope.report.picture import PictureReport
from tokscope.shell.console import Console
from tokscope.shell.input_options import INPUT, Inputs, Paths
from tokscope.shell.options import OUTPUT, OneTokenizer, Output
from tokscope.shell.stderr import complain
from tokscope.tokenizer import Kind, Tokenizer


def decode(
    tokenizer: OneTokenizer,
    paths: Paths = None,
    numbers: Annotated[
        list[str] | None,
        typer.Option(
            "-x", "--ids", metavar="IDS", help="Decode these ids, not a file.", rich_help_panel=INPUT
        ),
    ] = None,
    binary: Annotated[
        Width | None,
        typer.Option("--binary", help="Read ids as little-endian integers.", rich_help_panel=OUTPUT),
    ] = None,
    text: Annotated[
        bool,
        typer.Option(
            "--text", help="Write U+FFFD for bytes that are not a whole character.", rich_help_panel=OUTPUT
        ),
    ] = False,
    output: Output = None,
) -> int:
    """Turn ids (plain numbers, JSON arrays or binary) back into text, or into a picture as PNG."""
    _require_files(paths or [], numbers or [])
    loaded = tokenizer.load(structures=True)
    pictured = Kind.PICTURE in loaded.takes and Kind.TEXT not in loaded.takes
    if pictured:
        console = Console(output, "png", forms=PictureReport.forms, endings=(".png",))
    else:
        console = Console(output, "plain", endings=(".txt", ".md"))
    inputs = Inputs(paths, numbers)
    with console.stream(None if pictured else IN_TEXT) as out:
        for document in inputs.documents(console, None, raw=True):
            path = "--ids" if document.path == "--text" else document.path
            blocks = document.byte_blocks()
            apart = binary is None and loaded.takes_structures
            data = _by_lines(blocks, loaded, path) if apart else _decoded(blocks, loaded, path, binary)
            with console.reporting():
                out.writelines(_whole_characters(data, path) if text else data)
    return console.end()


def _require_files(paths: Sequence[str], numbers: Sequence[str]) -> None:
    """Hold paths to be such. Raises UsageError for ids in their place."""
    given = [path for path in paths if re.fullmatch(r"[\[\]\d,\s]+", path) and not os.path.lexists(path)]
    if given:
        asked = " ".join(re.findall(r"\d+", " ".join([*numbers, *paths])))
        raise UsageError(f"{given[0]!r} is no file: ids go after -x, as in tokscope decode -x {asked!r}")


def _decoded(
    blocks: Iterable[bytes], tokenizer: Tokenizer, path: str, width: Width | None = None
) -> Iterator[bytes]:
    return ids.decode_ids(tokenizer, ids.read_ids(blocks, path=path, width=width), path=path)


def _by_lines(blocks: Iterable[bytes], tokenizer: Tokenizer, path: str) -> Iterator[bytes]:
    """Decode each line by itself, as encode writes a line for each molecule."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield b"".join(_decoded([line], tokenizer, path)) + b"\n"
    if rest:
        yield b"".join(_decoded([rest], tokenizer, path)) + b"\n"


def _whole_characters(data: Iterable[bytes], path: str) -> Iterator[bytes]:
    """Replace bytes that are not UTF-8 by U+FFFD, and say on stderr how often that was needed."""
    replaced = 0

    def replace(error: UnicodeError) -> tuple[str, int]:
        nonlocal replaced
        assert isinstance(error, UnicodeDecodeError)
        replaced += 1
        return "\ufffd", error.end

    codecs.register_error("tokscope.count", replace)
    decoder = codecs.getincrementaldecoder("utf-8")("tokscope.count")
    for block in data:
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()
    if replaced:
        times = "once" if replaced == 1 else f"{replaced:,} times"
        complain(f"{path}: not a whole character, replaced {times} by U+FFFD")
