"""Selection: arguments, files, folders, lists of files and standard input become Documents."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tokscope.errors import InputError, Problem, UsageError, reporting
from tokscope.files.compressed import compression
from tokscope.inputs.binary import SNIFFED, hardly_text, named_binary
from tokscope.inputs.decoding import Decoding
from tokscope.inputs.document import Document
from tokscope.inputs.glances import Glance, glances
from tokscope.inputs.paths import printable, unreadable

WITH_BUDGETS = "tokscope check", "tokscope truncate", "tokscope chunk"
"""The commands that take a budget."""

Takes = Callable[[Document], bool]
"""What says whether somebody counts a file that is not text. Raises InputError."""


Finder = Callable[[str, "Selection", Problem], Iterable[str]]
"""What finds files in a folder."""


class Selection(NamedTuple):
    """Which texts to read, as the user asked for them.

    Example: Selection(paths=["docs", "-"], include=["*.md", "/guide/**"], exclude=["vendor/"])

    `paths` are files, folders and "-" for standard input; `text` is literal text; `files_from` is a file (or
    "-") that lists paths line by line, `files0_from` one that ends each with NUL. The others rule what is
    found in a folder, never what is named: `include` and `exclude` are globs as in .gitignore, relative to
    that folder, and a file must match one include if there is any, and no exclude; `ignore` honours
    .gitignore, .ignore and .git/info/exclude; `hidden` takes names that start with a dot.
    """

    paths: Sequence[str] = ()
    text: Sequence[str] = ()
    files_from: str | None = None
    files0_from: str | None = None
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    ignore: bool = True
    hidden: bool = False

    @property
    def named(self) -> bool:
        """Whether it names anything; if not, standard input is read."""
        return bool(self.paths or self.text or self.files_from or self.files0_from)


def documents(
    selection: Selection,
    decoding: Decoding,
    *,
    report: Problem,
    skip: Callable[[str], None] = lambda path: None,
    command: str | None = "tokscope count",
    find: Finder | None = None,
    binary: bool = False,
    takes: Takes = lambda document: False,
    linked: Callable[[str], None] = lambda path: None,
    elsewhere: Callable[[str], None] = lambda path: None,
) -> Iterator[Document]:
    """Find the texts of a selection: literal texts, then paths as they were given, a folder's files sorted.

    Example: documents(Selection(paths=["docs"]), Decoding(), report=print) -> those of docs/a.md, docs/b/c.md

    What cannot be read goes to `report`, the path of a binary file found in a folder to `skip`, that of a
    link there to `linked`, of one which leads out of it to `elsewhere` (none is followed), and the rest goes
    on. `command` is what the user typed, to show how a text is given that was taken for a path, None for a
    command that takes no text.
    `find` is walk(), or what goes in its place, and with `binary` binary files are texts like others. What
    somebody `takes` is not skipped. Take the Documents one by one: each may hold 8 KiB. Raises UsageError for
    a bad glob, and with nothing to read.
    """
    stdin = standard_input(decoding)
    yield from _literal(selection.text, decoding, report)
    for path in _paths(selection, stdin, report):
        if path == "-":
            yield stdin
        elif os.path.isdir(path):
            links = partial(_linked, path, linked, elsewhere)
            paths = sorted((find or walk)(path, selection, report), key=printable)
            with closing(glances(paths)) as seen:
                for found, glance in zip(paths, seen, strict=True):
                    yield from _found_document(
                        found, glance, decoding, report, None if binary else skip, takes, links
                    )
        else:
            yield from _named_document(path, decoding, report, command if path in selection.paths else None)


def standard_input(decoding: Decoding) -> Document:
    """Give what is piped in.

    Example: standard_input(Decoding()).read() -> "hi\\n", after `echo hi |`
    """
    return Document("-", decoding, _standard_input, size=_size_of_standard_input(), once=True)


def _linked(folder: str, tell: Callable[[str], None], elsewhere: Callable[[str], None], link: str) -> None:
    """Tell of a link in a folder, and of one that leads out of it, unless nothing is there."""
    tell(link)
    if os.path.exists(link) and not Path(os.path.realpath(link)).is_relative_to(os.path.realpath(folder)):
        elsewhere(link)


def _literal(texts: Iterable[str], decoding: Decoding, report: Problem) -> Iterator[Document]:
    for text in texts:
        with reporting(report):
            yield Document.of_text(text, decoding)


def _named_document(
    path: str, decoding: Decoding, report: Problem, command: str | None
) -> Iterator[Document]:
    """Give a file that was named as a Document; what is not a regular file can be read only once."""
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        report(_missing(path, error, command))
        return
    if stat.S_ISREG(status.st_mode):
        yield Document(path, decoding, partial(_file, path), size=_believable_size(status.st_size))
    elif stat.S_ISSOCK(status.st_mode):
        report(InputError(printable(path), "a socket cannot be read"))
    else:
        yield Document(path, decoding, partial(_file, path), once=True)


def _standard_input() -> AbstractContextManager[BinaryIO]:
    if sys.stdin is None:
        raise InputError("-", "standard input is closed")
    return nullcontext(sys.stdin.buffer)  # and left open after reading: it is not ours


def _size_of_standard_input() -> int | None:
    """Give how much there is to read where a file was redirected, None for a pipe or a terminal."""
    try:
        descriptor = sys.stdin.fileno()
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        return _believable_size(status.st_size - os.lseek(descriptor, 0, os.SEEK_CUR))
    except (AttributeError, OSError, ValueError):  # closed, or replaced by something that is not a file
        return None


def names_piped() -> str | None:
    """Name the option that reads standard input as a list, where it looks like one of existing paths.

    Example: names_piped() -> "--files-from", of `git ls-files | tokscope count`
    """
    try:
        buffer = sys.stdin.buffer
        data = buffer.peek(SNIFFED) if isinstance(buffer, io.BufferedReader) else b""
    except (AttributeError, OSError, ValueError):
        return None
    option, end = ("--files0-from", b"\0") if b"\0" in data else ("--files-from", b"\n")
    whole, _, _ = data.rpartition(end)
    names = (whole or data).split(end) if end == b"\0" else (whole or data).splitlines()
    return option if data and all(name and os.path.lexists(_unquote_path(name)) for name in names) else None


def _believable_size(size: int) -> int | None:
    """Give a size that can be believed: the files of /proc say 0, and hold more."""
    return size if size > 0 else None


def _file(path: str) -> BinaryIO:
    return open(path, "rb")


def _paths(selection: Selection, stdin: Document, report: Problem) -> Iterator[str]:
    """Give every path that was named, as an argument or in a list."""
    no_list = selection.files_from is None and selection.files0_from is None
    if not selection.paths and not selection.text and no_list:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("nothing to read: give a file, a folder, -x TEXT, or pipe something in")
        yield "-"
    yield from selection.paths
    yield from listed_paths(selection, stdin, report)


def listed_paths(selection: Selection, stdin: Document, report: Problem) -> Iterator[str]:
    """Give every path of a selection's lists; a list that cannot be read is reported.

    Example: list(listed_paths(Selection(files_from="list.txt"), stdin, print)) -> ["a.md", "docs"]
    """
    lists: tuple[tuple[str | None, Callable[[bytes], Iterable[str]]], ...] = (
        (selection.files_from, lambda data: map(_unquote_path, data.splitlines())),
        (selection.files0_from, lambda data: map(os.fsdecode, data.split(b"\0"))),
    )
    for path, split in lists:
        if path is None:
            continue
        with reporting(report):
            names = stdin if path == "-" else Document(path, Decoding(), partial(_file, path))
            yield from filter(None, split(names.read_bytes()))


_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = dict(zip(b"abtnvfr", b"\a\b\t\n\v\f\r", strict=True))


def _unquote_path(line: bytes) -> str:
    """Give the path that a line of a list names; git puts names in quotes that are not plain ASCII.

    Example: b"a.md" -> "a.md"; b'"caf\\303\\251.md"' -> "café.md", unless a file is called like that
    """
    if not (len(line) > 2 and line[:1] == line[-1:] == b'"') or os.path.lexists(os.fsdecode(line)):
        return os.fsdecode(line)

    def meant(match: re.Match[bytes]) -> bytes:
        one = match[1]
        return bytes([int(one, 8) & 255 if one.isdigit() else _ESCAPES.get(one[0], one[0])])

    return os.fsdecode(_ESCAPE.sub(meant, line[1:-1]))


def walk(folder: str, selection: Selection, report: Problem) -> set[str]:
    """Find everything in a folder that no rule of a selection leaves out: files, links, folders.

    Example: walk("docs", Selection(include=["*.md"]), report=print) -> {"docs/a.md", "docs/b/c.md"}
    """
    found = set(_walk_folder(folder, selection, [], report))
    if selection.include:
        # The walker reads an included file even if .gitignore names it; here a file must pass both.
        found &= set(_walk_folder(folder, selection, selection.include, lambda error: None))
    return found


def _found_document(
    path: str,
    glance: Glance,
    decoding: Decoding,
    report: Problem,
    skip: Callable[[str], None] | None,
    takes: Takes,
    link: Callable[[str], None],
) -> Iterator[Document]:
    """Give what was found as a Document, if it is a file; a binary one goes to `skip`, if there is any."""
    mode, size, raw, error = glance
    if error is not None:
        report(unreadable(path, error))
        return
    if stat.S_ISLNK(mode):
        link(path)
    if not stat.S_ISREG(mode):
        return
    name = os.path.join(os.curdir, path) if path in ("-", "--text") else path
    source = raw if len(raw) == size else partial(_file, path)
    document = Document(name, decoding, source, size=size, found=True)
    with reporting(report):
        if decoding.convert:
            from tokscope.inputs.converted import convertible

            skip = None if convertible(document.head(), document.opened) else skip
        head = raw if skip is None or not compression(raw) else document.head()
        if skip is not None and not decoding.wide and (hardly_text(head) if head else named_binary(path)):
            known = takes(document)
            if not known and (b"\0" in head or not head or document.kind != "text"):
                skip(document.path)
                return
        yield document


def _walk_folder(folder: str, selection: Selection, include: Sequence[str], report: Problem) -> Iterator[str]:
    """Walk a folder with ripgrep's walker: gives everything that no rule ignores, in no order."""
    import ignore
    from ignore.overrides import OverrideBuilder

    if printable(folder) != folder:
        report(InputError(printable(folder), "its name is not UTF-8: change to this folder and give ."))
        return
    overrides = OverrideBuilder(Path(folder))
    try:
        for glob in (*include, *(f"!{glob}" for glob in selection.exclude), "!.git"):
            overrides.add(glob)
        globs = overrides.build()
    except (ignore.Error, UnicodeEncodeError) as error:
        raise UsageError(f"--include or --exclude: {error}") from error
    builder = ignore.WalkBuilder(Path(folder)).overrides(globs).hidden(not selection.hidden)
    # A .gitignore counts also outside of a repository; the user's own global one never does, so that a folder
    # gives the same files on every machine.
    builder.require_git(False).git_global(False).parents(selection.ignore)
    builder.ignore(selection.ignore).git_ignore(selection.ignore).git_exclude(selection.ignore)
    walk = builder.build()
    path = folder
    while True:
        try:
            path = str(next(walk).path())
            if not path.isascii():
                path = os.fsdecode(path.encode("utf-8", "surrogateescape"))
        except StopIteration:
            return
        except (ignore.Error, ignore.IOError) as error:
            report(_unlistable(path, error))
        else:
            yield path


def _unlistable(folder: str, error: Exception) -> InputError:
    """Say why a folder cannot be listed; the walker's error, which follows the folder, is only a sentence."""
    try:
        os.scandir(folder).close()
    except OSError as reason:
        return unreadable(folder, reason)
    return InputError(printable(folder), str(error))


def _missing(path: str, error: OSError | ValueError, command: str | None) -> InputError:
    """Say why there is no file at `path`, and how `command` takes it as text if it was meant as that."""
    path = printable(path)
    if not isinstance(error, OSError):
        return InputError(path, f"not a path: {error}")
    if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        return unreadable(path, error)
    if error.errno == errno.ENAMETOOLONG:
        path = f"{path[:60]}…"
    if path.endswith(("/", os.sep)):
        return InputError(path, "no such folder")
    if command is None:
        return InputError(path, "no such file")
    from shlex import quote

    if any(sign in path for sign in "*?["):
        why = f"no such file; a pattern goes without quotes, or as {command} . --include {quote(path)}"
        return InputError(path, why)
    if path.isdecimal() and command in WITH_BUDGETS:
        return InputError(path, f"no such file; as the budget: {command} -n {path}")
    from tokscope.models.meant import model_named

    if (model := model_named(path)) is not None:
        return InputError(path, f"no such file; as the tokenizer: -t {model}")
    why = f"no such file; if it is the text itself: {command} --text {quote(path)}"
    return InputError(path or "''", why)
