"""Cuts: where a text may be cut so that the counts of the pieces add up."""

from __future__ import annotations

import re

WORD = re.compile(r"(?<=[A-Za-z0-9])(?=[ \t\r\n])")
"""A cut between a letter or digit and white space, all ASCII; see Tokenizer.cut."""


LINE_OR_WORD = re.compile(rf"(?<=\n)(?=[^\W\d_])|{WORD.pattern}")
"""A cut as WORD, or after a newline that a letter follows."""
