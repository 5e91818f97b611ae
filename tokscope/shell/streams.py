r"""Standard output and standard error, as everything here writes to them.

What goes wrong with them is said of them, and of nothing else; and where a CI service reads along, nothing
that it obeys reaches it. GitHub's runner obeys `##[command]` anywhere in a line, and `::command::` at its
start, with or without white space before it (actions/runner, ActionCommand.cs). So does Azure's agent, with
`##vso[` besides. Of each, one character is written as an escape of the format that is being written: the same
string in JSON, XML and HTML, and `\x5b` for people, as a terminal's controls are.
"""

from __future__ import annotations

import io
import os
import re
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, cast

from tokscope.errors import OutputError, ReaderGone
from tokscope.render import IN_TEXT

if TYPE_CHECKING:
    from typing_extensions import Buffer

CI_SERVICES = ("GITHUB_ACTIONS", "TF_BUILD")
"""Environment variables of the services that obey what is printed."""

_SPACE = (
    rb"(?:[\t\x0b\x0c\x1c-\x20]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f"
    rb"|\xe3\x80\x80|\xef\xbb\xbf)"
)
"""White space that leaves a command at the start of its line, in UTF-8."""

_OBEYED = re.compile(rb"(##(?:vso)?)(\[)|([\r\n]%s*:)(:)" % _SPACE)
_BLANK_SO_FAR = re.compile(rb"[\r\n]%s*(:|[\xc2\xe1-\xef][\x80-\xbf]?)?\Z" % _SPACE)
_BEGUN = re.compile(rb"##?(?:v|vs|vso)?\Z")


class Outlet(io.RawIOBase):
    """Standard output or standard error, in bytes, on its way out.

    Example: Outlet(sys.stdout.buffer.raw, refused).write(b"Hi")

    `refused` is told of the first error, and raises what is to be raised; after it nothing is written.
    `obeyed` says that somebody obeys what is written, `notation` how an escape is written (Format.escape),
    and `escaped` how many there were that a reader does not read back.
    """

    def __init__(self, raw: io.RawIOBase, refused: Callable[[OSError], None], *, obeyed: bool) -> None:
        self._raw = raw
        self._refused = refused
        self._broken = False
        self._obeyed = obeyed
        self._before = b"\n"  # the end of what was written, as far as it matters
        self.notation: bytes | None = IN_TEXT
        self.escaped = 0

    def writable(self) -> bool:
        """Say yes.

        Example: Outlet(io.FileIO(1, "w", closefd=False), print, obeyed=False).writable() -> True
        """
        return True

    def fileno(self) -> int:
        """Give the number of the descriptor.

        Example: Outlet(io.FileIO(1, "w", closefd=False), print, obeyed=False).fileno() -> 1
        """
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Tell whether it is a terminal.

        Example: Outlet(BytesIO(), print, obeyed=False).isatty() -> False
        """
        return self._raw.isatty()

    def write(self, data: Buffer, /) -> int:
        """Write all of `data`.

        Example: raw = BytesIO(); Outlet(raw, print, obeyed=False).write(b"Hi"); raw.getvalue() -> b"Hi"
        """
        whole = bytes(data)
        if not self._broken:
            try:
                self._write_all(self._harmless(whole) if self._obeyed else whole)
            except OSError as error:
                self._broken = True
                self._refused(error)
        return len(whole)

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            written = self._raw.write(rest)
            if written is None:  # somebody has made the pipe non-blocking
                select.select([], [self._raw], [])
            else:
                rest = rest[written:]

    def _harmless(self, data: bytes) -> bytes:
        """Escape the last character of what would be obeyed; it may have begun in what was written before."""
        notation, before = self.notation, self._before
        found = before + data
        begun = _BLANK_SO_FAR.search(found)
        if begun is not None:
            self._before = b"\n" + (begun[1] or b"")
        else:
            begun = _BEGUN.search(found)
            self._before = begun[0] if begun is not None else b""
        if notation is None:
            return data

        def escape(match: re.Match[bytes]) -> bytes:
            self.escaped += notation is IN_TEXT
            lead, last = (match[1], match[2]) if match[2] else (match[3], match[4])
            return lead + notation % ord(last)

        return _OBEYED.sub(escape, found)[len(before) :]


@contextmanager
def streams() -> Iterator[None]:
    """Put an Outlet under standard output and under standard error, as long as the block runs.

    Example: with streams(): print("##[command] of nobody")

    Standard output that nobody reads any more raises ReaderGone, and any other error of it OutputError; of
    standard error there is nobody to tell. Both take any text, in UTF-8.
    """
    theirs = sys.stdout, sys.stderr
    obeyed = any(map(os.environ.get, CI_SERVICES))
    try:
        if sys.stdout is not None:  # closed by the shell
            sys.stdout = _reopen(sys.stdout, _output_error, obeyed=obeyed)
        if sys.stderr is not None:
            sys.stderr = _reopen(sys.stderr, lambda error: None, obeyed=obeyed)
        yield
    finally:
        sys.stdout, sys.stderr = theirs


def written_with(escape: bytes | None) -> None:
    """Say how an escape is written on standard output from here on, see Format.escape.

    Example: written_with(FORMATS["json"].escape)
    """
    outlet = _outlet()
    if outlet is not None:
        sys.stdout.flush()
        outlet.notation = escape


def count_escapes() -> int:
    """Tell how many escapes changed the text that was written to standard output.

    Example: if count_escapes(): console.say("one character is written as an escape")
    """
    outlet = _outlet()
    return 0 if outlet is None else outlet.escaped


def _outlet() -> Outlet | None:
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw if isinstance(raw, Outlet) else None  # else a program that uses the package has its own


def _reopen(stream: TextIO, refused: Callable[[OSError], None], *, obeyed: bool) -> TextIO:
    """Open again what a text stream of Python's own writes to."""
    assert isinstance(stream, io.TextIOWrapper)
    stream.flush()
    raw = cast(io.RawIOBase, getattr(stream.buffer, "raw", stream.buffer))  # one layer with PYTHONUNBUFFERED
    outlet = Outlet(raw, refused, obeyed=obeyed)
    return io.TextIOWrapper(
        io.BufferedWriter(outlet), "utf-8", "backslashreplace", line_buffering=stream.line_buffering
    )


def _output_error(error: OSError) -> None:
    if isinstance(error, BrokenPipeError):
        raise ReaderGone("nobody is reading standard output any more") from None
    raise OutputError(f"standard output: {error.strerror}") from error
