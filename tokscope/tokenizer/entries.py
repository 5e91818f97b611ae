"""What a tokenizer tells: a token of its vocabulary, a place in the frame, a census of texts."""

from __future__ import annotations

from operator import add
from typing import NamedTuple


class Census(NamedTuple):
    """How many tokens a text has, and what they are.

    Example: Census(tokens=2, partial=2), of "日" as b"\\xe6\\x97" and b"\\xa5"

    `unknown` tokens stand for text that the vocabulary cannot say; `partial` ones hold only a part of a
    character, by what their ids stand for; `dropped` is how many characters have no token at all.
    """

    tokens: int = 0
    unknown: int = 0
    partial: int = 0
    dropped: int = 0

    def plus(self, other: Census) -> Census:
        """Add what is found in another text.

        Example: Census(2, 1).plus(Census(3)) -> Census(5, 1)
        """
        return Census(*map(add, self, other))

    @property
    def unknown_rate(self) -> float | None:
        """The share of tokens that are unknown, a character without one counted as one; None of no text.

        Example: Census(tokens=9, unknown=1, dropped=1).unknown_rate -> 0.2
        """
        whole = self.tokens + self.dropped
        return (self.unknown + self.dropped) / whole if whole else None


class Framed(NamedTuple):
    """One place of what a model takes: a special token, or where its id is None a whole text.

    Example: Framed(102, text=1, type=1), the [SEP] after the second text of a pair in BERT

    `text` is 1 for the second text of a pair, `type` the token type that the place has.
    """

    id: int | None
    text: int = 0
    type: int = 0


SPECIAL, PARTIAL = "Special", "Partial"
"""In place of the script of tokens that have none."""


class Entry(NamedTuple):
    """One token of a vocabulary.

    Example: Entry(8, b" the", label="▁the")

    `data` is what the token stands for in a text, in bytes of UTF-8, where it may hold a part of a character:
    `##ing` stands for b"ing", `▁the` for b" the", `<0xE6>` for b"\\xe6", and a special token for its own
    spelling. `label` is the token as its vocabulary writes it, None where that is `data` itself.
    """

    id: int
    data: bytes
    label: str | None = None
    special: bool = False

    @property
    def text(self) -> str | None:
        """What it stands for as text, None where its bytes are not whole characters.

        Example: Entry(1, b" the").text -> " the"; Entry(2, b"\xe6").text -> None
        """
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None

    @property
    def script(self) -> str:
        """The script of its letters (see script_of); SPECIAL, or PARTIAL where its bytes are not whole text.

        Example: Entry(1, b" the").script -> "Latin"; Entry(2, b"\\xe6").script -> "Partial"
        """
        if self.special:
            return SPECIAL
        from tokscope.text.scripts import script_of

        return PARTIAL if self.text is None else script_of(self.text)
