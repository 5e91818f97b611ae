"""Transcript: a molecule or a graph written as tokens, the sibling of Split for what is not text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tokscope.split import Split


class Member(NamedTuple):
    """A part of a structure: an atom, a bond or a node, by its number in the original, from 0.

    Example: Member("atom", 0)
    """

    kind: str
    number: int


LISTED = 6
"""How many parts of a structure are named at most."""


def list_members(members: Iterable[Member]) -> str:
    """Name parts of a structure, and say how many more there are.

    Example: list_members([Member("atom", 0), Member("bond", 1)]) -> "atom 0, bond 1"
    """
    named = [f"{kind} {index}" for kind, index in members]
    more = f" and {len(named) - LISTED:,} more" if len(named) > LISTED else ""
    return ", ".join(named[:LISTED]) + more


class Sign(NamedTuple):
    """One token of a Transcript.

    Example: Sign("C-O", None, (Member("bond", 1),), "the bond of atoms 1 and 2")

    `text` is the token as its scheme writes it, `id` its number, None where the scheme has none or its table
    is not available. `members` are the parts of the original that it stands for: none for a branch, for
    padding, for what a model puts around a graph. `why` says in a few words how it got there.
    """

    text: str
    id: int | None = None
    members: tuple[Member, ...] = ()
    why: str = ""


class Transcript(NamedTuple):
    """A structure written as tokens, in their order.

    Example: Transcript([Sign("C"), Sign("C-O"), Sign("O")])

    What the members of all tokens and those that were `dropped` are together covers the original: each atom,
    bond or node that the scheme writes is in one of them. `whole` is the Split of a scheme that writes text
    and has that cut; the texts of other tokens make theirs. `above` has for each token of a tree the place of
    the one above it, -1 at the top.
    """

    signs: Sequence[Sign]
    dropped: Sequence[Member] = ()
    whole: Split | None = None
    above: Sequence[int] | None = None

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return len(self.signs)

    @property
    def split(self) -> Split:
        """The tokens as a Split, of the text that they make when one is written after the other.

        Example: Transcript([Sign("C"), Sign("C-O")]).split -> Split(b"CC-O", [0, 1], [1, 4])
        """
        if self.whole is not None:
            return self.whole
        return Split.of_lengths(
            "".join(symbol.text for symbol in self.signs).encode(),
            (len(symbol.text.encode()) for symbol in self.signs),
            self.ids,
        )

    @property
    def ids(self) -> list[int] | None:
        """The ids of all tokens, None where one has none.

        Example: Transcript([Sign("C", 7), Sign("O", 9)]).ids -> [7, 9]
        """
        known = [symbol.id for symbol in self.signs if symbol.id is not None]
        return known if known and len(known) == len(self.signs) else None
