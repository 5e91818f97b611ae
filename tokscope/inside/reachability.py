"""Reachability: which tokens of a vocabulary a text can be cut into, and which never come.

The method is that of Land and Bartolo 2024 (arXiv:2405.05417): a token's own text is encoded, and the token
is reached if that gives the token back. Where a tokenizer puts a space before every text, or pieces go on a
word, the text comes after a character that is a token by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from tokscope.tokenizer import Entry, Tokenizer


class Reach(StrEnum):
    """How a text comes to a token.

    Example: Reach.PARTIAL, for b"\\xe6\\x97" of o200k_base
    """

    OK = "ok"
    SPECIAL = "special"
    BYTE = "byte"
    """One byte of a longer character."""
    PARTIAL = "partial"
    """Several bytes that are not whole characters."""
    WHOLE = "as a whole piece only"
    """Merging alone never makes it: it is found where a piece of text is just this token."""
    NEVER = "never"


class Reached(NamedTuple):
    """A token, how a text comes to it, and what its own text is cut into where that is something else.

    Example: Reached(Entry(74511, "１０".encode()), Reach.NEVER, [19496, 25191]), of qwen3.5
    """

    entry: Entry
    reach: Reach
    instead: Sequence[int] = ()


def reached(tokenizer: Tokenizer, *, merging: bool = False) -> Iterator[Reached]:
    """Say of each token of a vocabulary how it is reached, in the order of ids.

    Example: sum(one.reach is Reach.SPECIAL for one in reached(load("gpt2"))) -> 1

    WHOLE is told from OK only with `merging`, which takes as long again. Raises Unsupported where there is
    no vocabulary.
    """
    entries = list(tokenizer.vocabulary())
    told = {entry.id: _unencoded(entry) for entry in entries}
    instead: dict[int, Sequence[int]] = {}
    left = [entry for entry in entries if told[entry.id] is None]
    for prefix in ["", *_lead_ins(tokenizer, entries)]:
        (head,) = tokenizer.ids_all([prefix])
        encoded = tokenizer.ids_all([prefix + (entry.text or "") for entry in left])
        missed = []
        for entry, ids in zip(left, encoded, strict=True):
            if [*ids] == [*head, entry.id]:
                whole = merging and not tokenizer.merges_make(entry.data)
                told[entry.id] = Reached(entry, Reach.WHOLE if whole else Reach.OK)
            else:
                missed.append(entry)
                instead.setdefault(entry.id, ids)
        left = missed
    for entry in entries:
        yield told[entry.id] or Reached(entry, Reach.NEVER, instead[entry.id])


def _unencoded(entry: Entry) -> Reached | None:
    """Tell how what needs no encoding is reached: special tokens, parts of characters; None for others."""
    if entry.special:
        return Reached(entry, Reach.SPECIAL)
    if entry.text is None:
        return Reached(entry, Reach.BYTE if len(entry.data) == 1 else Reach.PARTIAL)
    return None


def _lead_ins(tokenizer: Tokenizer, entries: Sequence[Entry]) -> Iterator[str]:
    """Give characters to put before a token's text; a byte-level vocabulary needs none.

    One that ends a word (as a quotation mark), so that no space is put between; and where pieces go on a
    word, a letter that no longer token begins with, so that what comes after it is the piece.
    """
    if all(entry.label is None or entry.special for entry in entries):
        return
    yield "«"
    yield "»"
    begin = [text for entry in entries if entry.label is None and (text := entry.text)]
    heads = Counter(text[0] for text in begin)
    lone = (text for text in begin if len(text) == 1 and text.isalpha() and heads[text] == 1)
    yield from islice((text for text in lone if len(tokenizer.ids_all([text])[0]) == 1), 1)
