"""Tokenizers that follow a single rule: characters, bytes, words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tokscope.report.table import Column
from tokscope.report.trace import Step, Table, Trace
from tokscope.tracing.steps import finished

if TYPE_CHECKING:
    from tokscope.tokenizer import Tokenizer


def code_points(pieces: Sequence[str]) -> str:
    """Name the code points of a text.

    Example: code_points("e\\u0301") -> "U+0065 U+0301"
    """
    return " ".join(f"U+{ord(char):04X}" for char in pieces)


def trace_of_pieces(one: Tokenizer, text: str, says: str, pieces: Sequence[str]) -> Trace:
    """Trace what cuts a text into pieces by a rule, each a token, and show the code points of each.

    Example: trace_of_pieces(load("char"), "hé", "one per character", ["h", "é"]).steps[0].says -> "one per
    character"
    """
    return finished(one, text, [rule_step(says, pieces, "code points", code_points)], pieces)


def rule_step(says: str, pieces: Sequence[str], what: str, made_of: Callable[[str], str]) -> Step:
    """Give the one step of a rule: every piece, and what it is made of, in a column headed `what`.

    Example: rule_step("one token per byte", ["é"], "bytes", lambda char: char.encode().hex(" "))
    """
    columns = [Column("piece", "token"), Column(what, optional=True)]
    return Step("rule", says, (Table("pieces", columns, [(one.encode(), made_of(one)) for one in pieces]),))
