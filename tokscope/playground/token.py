"""The token: its id, bytes and rank, its neighbours in the vocabulary, and the trace that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.text import Text

from tokscope.errors import TokscopeError
from tokscope.playground.mill import CutStretch
from tokscope.render import table, trace
from tokscope.render.glyphs import name_of_empty, visible_piece
from tokscope.render.palettes import SOFT
from tokscope.report.split import Cut
from tokscope.report.table import Column, TableReport
from tokscope.report.trace import Forest, Grown, Trace, Traced, TraceReport
from tokscope.split import Token
from tokscope.text.visible import visible
from tokscope.tokenizer import Entry, Tokenizer

NEIGHBOURS = 4
"""How many entries of the vocabulary are shown on either side."""

AROUND = 40
"""How many characters on either side of a token are traced, where the tokenizer says no better."""


class Looked(NamedTuple):
    """A token to look at, and the text to trace that holds it.

    Example: Looked(load("gpt-4o"), Token(0, 2, b"Hi", 12194, None), "Hi")
    """

    tokenizer: Tokenizer
    token: Token
    text: str

    @classmethod
    def at(cls, tokenizer: Tokenizer, stretch: CutStretch, token: Token) -> Looked:
        """Take a token of a text with as much around it as makes it what it is: what no cut divides.

        Example: Looked.at(load("char"), CutStretch(0, load("char").encode("Hi"), "Hi"), Token(1, 2, b"i",
        None, None)).text -> "Hi"
        """
        source = stretch.split.source
        start = len(source[: token.start].decode(errors="ignore"))
        end = len(source[: token.end].decode(errors="ignore"))
        low, high = max(start - AROUND, 0), min(end + AROUND, len(stretch.text))
        if tokenizer.cut is not None:
            places = [match.start() for match in tokenizer.cut.finditer(stretch.text, low, high)]
            low = max((one for one in places if one <= start), default=low)
            high = min((one for one in places if one >= max(end, start + 1)), default=high)
        return cls(tokenizer, token, stretch.text[low:high])

    @classmethod
    def entry(cls, tokenizer: Tokenizer, entry: Entry) -> Looked:
        """Take an entry of the vocabulary, and trace its own text.

        Example: Looked.entry(load("byte"), Entry(72, b"H")).text -> "H"
        """
        token = Token(0, len(entry.data), entry.data, entry.id, entry.label)
        return cls(tokenizer, token, "" if entry.special else entry.text or "")


@lru_cache(4)
def vocabulary_entries(tokenizer: Tokenizer) -> Sequence[Entry]:
    """Read a vocabulary once. Raises Unsupported where there is none.

    Example: len(vocabulary_entries(load("byte"))) -> 256
    """
    return list(tokenizer.vocabulary())


def describe_token(looked: Looked, width: int) -> Iterator[Text]:
    """Say in lines at most `width` cells wide all that is known of a token.

    Example: next(describe_token(Looked(load("gpt-4o"), token, "Hi"), 80)).plain -> "Hi  gpt-4o"
    """
    tokenizer, token, text = looked
    name = visible_piece(token.data) if token.data else name_of_empty(token)
    yield Text.assemble((name, "bold reverse"), "  ", (visible(tokenizer.shown), "bold"))
    yield Text()
    steps: Trace | str = "nothing to trace"
    if text:
        try:
            steps = tokenizer.trace(text)
        except TokscopeError as error:
            steps = str(error)
    facts = [("id", "none" if token.id is None else f"{token.id}"), ("bytes", token.data.hex(" ") or "none")]
    if token.label is not None:
        facts.append(("label", visible(token.label)))
    grown = None if isinstance(steps, str) else _merges_of(tokenizer, steps, token)
    if grown is not None:
        facts += [(visible(key), f"{value}") for key, value in grown.trees[0].facts.items()]
    for key, value in facts:
        yield Text.assemble((f"{key:8}", "dim"), value)
    yield Text()
    yield from _adjacent_entries(tokenizer, token, width)
    if grown is not None:
        yield Text("Its merges", "bold")
        yield from trace.merge_tree(grown, width)
        yield Text()
    yield Text("Why the text is cut here", "bold")
    if isinstance(steps, str):
        yield Text(visible(steps), "dim")
        return
    cut = Cut(tokenizer.name, steps.split, tokenizer.asked, None, tokenizer.exact)
    yield from trace.lines(TraceReport([Traced(cut, steps)]), SOFT, width, color=True)


def _merges_of(tokenizer: Tokenizer, steps: Trace, token: Token) -> Grown | None:
    """Find the merges that made a token, None where none did.

    A piece of the text that is a token as a whole is taken as it is: the merges are then those by which the
    vocabulary came to it, the ranks of shorter tokens being lower.
    """
    from tokscope.backends.bpe.byte_level import BPE  # which most of what is asked for is, but not all

    figures = [figure for step in steps.steps for figure in step.figures if isinstance(figure, Forest)]
    for piece in (piece for figure in figures for piece in figure.pieces):
        for tree in piece.trees:
            if tree.data == token.data and tree.children:
                return Grown(token.data, (tree,))
    if not figures or not isinstance(tokenizer, BPE) or len(token.data) < 2:
        return None
    from tokscope.tracing.merges import formed

    ranks = {
        entry.data: entry.id for entry in vocabulary_entries(tokenizer) if len(entry.data) <= len(token.data)
    }
    return formed(token.data, ranks.get)


def _adjacent_entries(tokenizer: Tokenizer, token: Token, width: int) -> Iterator[Text]:
    """List the entries before and after a token's in the vocabulary."""
    if token.id is None:
        return
    try:
        known = vocabulary_entries(tokenizer)
    except TokscopeError as error:
        yield Text(visible(str(error)), "dim")
        return
    at = next((i for i, entry in enumerate(known) if entry.id == token.id), None)
    if at is None:
        return
    near = known[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS + 1]
    labelled = any(one.label is not None for one in near)
    yield from table.lines(
        TableReport(
            [Column("id", "id"), Column("token", "token"), Column("label", shown=labelled), Column("")],
            [(one.id, one.data, one.label, "◂" if one.id == token.id else "") for one in near],
            title="In the vocabulary",
        ),
        width,
    )
    yield Text()
