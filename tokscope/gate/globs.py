"""Globs: patterns as in .gitignore, matched against paths that need not be on a disk.

A library that walks a folder cannot say which files of a git revision a pattern means; this can. The rules
are those of gitignore(5), and tests hold them against `git check-ignore`, with two exceptions: a file that a
later "!pattern" matches is left out even where an earlier pattern took its whole folder, and "?" is a
character where git has a byte.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

_WILD = re.compile(
    r"\\(?P<literal>.)|(?P<star>\*+)|(?P<any>\?)|(?P<set>\[[!^]?\]?(?:\\.|[^\]\\])*\])|(?P<bad>[\[\\])"
)


class Glob(NamedTuple):
    """One pattern: as it was written, and what it means.

    Example: Glob.parse("docs/*.md").regex.match("docs/a.md").string -> "docs/a.md"
    """

    pattern: str
    regex: re.Pattern[str]
    negated: bool

    @classmethod
    def parse(cls, pattern: str) -> Glob:
        """Read a pattern. Raises ValueError, which says what is wrong with it.

        Example: Glob.parse("!*.txt").negated -> True
        """
        negated = pattern.startswith("!")
        body = pattern[negated:]
        parts = body.strip("/").split("/")
        if parts == [""]:
            raise ValueError("an empty pattern")
        anchored = "/" in body.rstrip("/")
        regex = "" if anchored else "(?:.*/)?"
        for part in parts[:-1]:
            regex += "(?:.*/)?" if part == "**" else f"{_translate_part(part)}/"
        regex += ".+" if parts[-1] == "**" else _translate_part(parts[-1])
        # What matches a folder matches all that is in it.
        regex += "/.+" if body.endswith("/") else "(?:/.+)?"
        return cls(pattern, re.compile(regex, re.DOTALL), negated)


class Globs(NamedTuple):
    """A list of patterns, of which the last one that matches a path decides.

    Example: Globs.parse(["docs/", "!*.txt"]).match("docs/a.txt") -> False

    Paths are relative to the folder that the patterns are for, with "/" between their parts.
    """

    globs: Sequence[Glob]

    @classmethod
    def parse(cls, patterns: Iterable[str]) -> Globs:
        """Read patterns. Raises ValueError for a bad one.

        Example: len(Globs.parse(["docs/", "!*.txt"]).globs) -> 2
        """
        return cls([Glob.parse(pattern) for pattern in patterns])

    def match(self, path: str) -> bool:
        """Say whether a file's path is meant.

        Example: Globs.parse(["docs/", "!*.txt"]).match("docs/a.md") -> True
        """
        for glob in reversed(self.globs):
            if glob.regex.fullmatch(path):
                return not glob.negated
        return False

    def others(self, paths: Sequence[str]) -> Sequence[str]:
        """Give those of many paths that are not meant.

        Example: Globs.parse(["docs/"]).others(["docs/a.md", "a.md"]) -> ["a.md"]
        """
        if any(glob.negated for glob in self.globs):
            return [path for path in paths if not self.match(path)]
        for glob in self.globs:
            matches = glob.regex.fullmatch
            paths = [path for path in paths if not matches(path)]
        return paths

    def idle(self, paths: Collection[str]) -> list[str]:
        """Give the patterns that match none of `paths`, except those with a "!", which may match none.

        Example: Globs.parse(["docs/", "*.rst"]).idle(["docs/a.md"]) -> ["*.rst"]
        """
        return [
            glob.pattern
            for glob in self.globs
            if not glob.negated and not any(map(glob.regex.fullmatch, paths))
        ]

    def __str__(self) -> str:
        return ", ".join(glob.pattern for glob in self.globs)


def _translate_part(part: str) -> str:
    """Translate what is between two slashes."""
    regex, at = "", 0
    for wild in _WILD.finditer(part):
        regex += re.escape(part[at : wild.start()]) + _wild(wild)
        at = wild.end()
    return regex + re.escape(part[at:])


def _wild(wild: re.Match[str]) -> str:
    match wild.lastgroup:
        case "literal":
            return re.escape(wild["literal"])
        case "star":
            return "[^/]*"
        case "any":
            return "[^/]"
        case "set":
            return _set(wild["set"])
    raise ValueError(f"{wild.string!r}: {wild[0]!r} is never closed")


def _set(written: str) -> str:
    """Translate a set of characters, as in [a-z] or [!0-9]; none of them is a slash."""
    inside = written[1:-1]
    if "[:" in inside:
        raise ValueError(f"{written!r}: classes like [[:alpha:]] are not known here; write a range")
    negated = inside.startswith(("!", "^"))
    chars = re.sub(r"\\(.)|([^-])", lambda char: re.escape(char[1] or char[2]), inside[negated:])
    try:
        re.compile(f"[{chars}]")
    except re.error as error:
        raise ValueError(f"{written!r}: {error.msg}") from error
    return f"(?!/)[{'^' if negated else ''}{chars}]"
