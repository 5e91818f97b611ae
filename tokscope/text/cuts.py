"""Cuts: where a text may be cut so that the counts of the pieces add up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

WORD_CUT = re.compile(r"(?<=[A-Za-z0-9])(?=[ \t\r\n])")
"""A cut between a letter or digit and white space, all ASCII; see Tokenizer.cut."""


LINE_OR_WORD = re.compile(rf"(?<=\n)(?=[^\W\d_])|{WORD_CUT.pattern}")
"""A cut as WORD_CUT, or after a newline that a letter follows."""


SPACE_CUT = re.compile(r"(?<=[A-Za-z0-9])(?= )")
"""A cut between a letter or digit of ASCII and a space."""


AFTER_NEWLINE = re.compile(r"(?<=\n)")
"""A cut after every newline, for what takes each line by itself."""


class Stretches(NamedTuple):
    """How a long text is taken apart by a tokenizer that does not go through all of it at once.

    Example: list(Stretches(SPACE_CUT, 5).parts("one two three four")) -> ["one two", " three", " four"]

    Each stretch ends at the first place of `cut` that is at least `least` characters after its beginning, so
    that it is the same however the text comes, and a text of no more than `least` is one.
    """

    cut: re.Pattern[str]
    least: int

    def parts(self, text: str) -> Iterator[str]:
        """Take a text apart.

        Example: list(Stretches(SPACE_CUT, 100).parts("one two")) -> ["one two"]
        """
        start = 0
        while match := self.cut.search(text, start + self.least):
            yield text[start : match.start()]
            start = match.start()
        yield text[start:] if start else text
