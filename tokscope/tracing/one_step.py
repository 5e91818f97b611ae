"""Tokenizers that are a rule and no algorithm: characters, bytes, words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tokscope.report.table import Column
from tokscope.report.trace import Step, Table


def code_points(pieces: Sequence[str]) -> str:
    """Name the code points of a text.

    Example: code_points("e\\u0301") -> "U+0065 U+0301"
    """
    return " ".join(f"U+{ord(char):04X}" for char in pieces)


def rule_step(says: str, pieces: Sequence[str], what: str, made_of: Callable[[str], str]) -> Step:
    """Give the one step of a rule: every piece, and what it is made of, in a column headed `what`.

    Example: rule_step("one token per byte", ["é"], "bytes", lambda char: char.encode().hex(" "))
    """
    columns = [Column("piece", "token"), Column(what, optional=True)]
    return Step("rule", says, (Table("pieces", columns, [(one.encode(), made_of(one)) for one in pieces]),))
