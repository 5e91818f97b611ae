"""Pieces: a text that is being edited, in pieces that a tokenizer can take one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from tokscope.tokenizer import LOOK

MIN_PIECE, MAX_PIECE = 64, 300
"""How many characters a piece has at least, and at most where there is a place to end it."""

ENOUGH_PIECES = 5000
"""How many pieces are enough: those of a longer text are longer."""

T = TypeVar("T")


class EditedText(Generic[T]):
    """A text in pieces, with what is known of each; an edit costs the pieces that it touches.

    Example: text = EditedText(load("gpt-4o").cut); text.update("Hello"); text.pieces -> ["Hello"]

    A piece ends where `cut` (see Tokenizer.cut) allows it, at the end of a line if there is such a place;
    without a cut the whole text is a piece. `known` has an entry for each, None until it is filled.
    """

    def __init__(self, cut: re.Pattern[str] | None) -> None:
        self._cut = cut
        self._scale = 1
        self.pieces: list[str] = [""]
        self.known: list[T | None] = [None]

    def update(self, text: str) -> None:
        """Take the text as it is now.

        Example: of 1,000 pieces, a character typed into one of them makes that one and a neighbour again
        """
        front, start = self._front(text)
        back, end = self._back(text, front, start)
        self._scale = max(len(text) // (ENOUGH_PIECES * MIN_PIECE), 1)
        middle = self._divided(text, start, end)
        if not middle and not front and not back:
            middle = [""]
        stop = len(self.pieces) - back
        self.pieces[front:stop] = middle
        self.known[front:stop] = [None] * len(middle)

    def _front(self, text: str) -> tuple[int, int]:
        """Say how many pieces at the front stay, and where they end: a cut may look at LOOK characters."""
        if self._cut is None:
            return 0, 0
        ends = [0]
        for piece in self.pieces:
            if not text.startswith(piece, ends[-1]):
                break
            ends.append(ends[-1] + len(piece))
        same = ends[-1]
        while len(ends) > 1 and ends[-1] + LOOK > same:
            ends.pop()
        return len(ends) - 1, ends[-1]

    def _back(self, text: str, front: int, start: int) -> tuple[int, int]:
        """Say how many pieces at the back stay, and where they begin."""
        if self._cut is None:
            return 0, len(text)
        starts = [len(text)]
        for piece in reversed(self.pieces[front:]):
            if starts[-1] - len(piece) < start or not text.endswith(piece, start, starts[-1]):
                break
            starts.append(starts[-1] - len(piece))
        same = starts[-1]
        while len(starts) > 1 and starts[-1] - LOOK < same:
            starts.pop()
        return len(starts) - 1, starts[-1]

    def _divided(self, text: str, start: int, end: int) -> list[str]:
        """Cut a stretch of the text into pieces."""
        pieces = []
        while start < end:
            place = self._place(text, start, end)
            pieces.append(text[start:place])
            start = place
        return pieces

    def _place(self, text: str, start: int, end: int) -> int:
        """Find where the piece that begins at `start` ends."""
        if self._cut is None or end - start <= MIN_PIECE:
            return end
        line, most = start + MIN_PIECE * self._scale, min(start + MAX_PIECE * self._scale, end)
        while (line := text.find("\n", line, most) + 1) > 0:
            if self._cut.match(text, line):
                return line
        word = self._cut.search(text, most)
        return min(word.start(), end) if word else end

    def fill(self, measure: Callable[[Sequence[str]], Sequence[T]], limit: int) -> bool:
        """Fill in what is not known, of pieces with `limit` characters in all or of one that is longer.

        Example: while text.fill(tokenizer.count_all, 100_000): ...

        Says whether there was anything to do.
        """
        chosen: list[int] = []
        size = 0
        for i, known in enumerate(self.known):
            if known is None:
                chosen.append(i)
                size += len(self.pieces[i])
                if size >= limit:
                    break
        for i, found in zip(chosen, measure([self.pieces[i] for i in chosen]) if chosen else (), strict=True):
            self.known[i] = found
        return bool(chosen)

    def within(self, first: int, last: int) -> list[tuple[int, int]]:
        """Find the pieces that hold a stretch of the text: the index of each, and where it begins.

        Example: of the pieces "ab" and "cd", within(1, 2) -> [(0, 0)]
        """
        found = []
        start = 0
        for i, piece in enumerate(self.pieces):
            if start > last or (start == last > first):
                break
            if start + len(piece) > first or i == len(self.pieces) - 1:
                found.append((i, start))
            start += len(piece)
        return found
