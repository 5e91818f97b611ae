"""Held-out text: the part of a corpus that is not learned from, but judged on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokscope.errors import UsageError

SLICE, EVERY = 1024, 16
"""Of every 16 slices of 1,024 characters the last one is held out."""


class Held:
    """Holds a part of the texts out, at most `most` characters and a slice.

    Example: held = Held(1 << 22); b"".join(held.out(blocks)) -> what to learn from; held.text -> the rest

    `seen` counts the characters of all texts. However they are cut into blocks, the same part is held out.
    """

    def __init__(self, most: int) -> None:
        self.text: list[str] = []
        self.seen = 0
        self._most = most

    def out(self, blocks: Iterable[str]) -> Iterator[bytes]:
        """Give what is left of a text, given as its blocks."""
        for block in blocks:
            at = 0
            while at < len(block):
                number, into = divmod(self.seen, SLICE)
                part = block[at : at + SLICE - into]
                if number % EVERY == EVERY - 1 and number * SLICE < self._most * EVERY:
                    self.text.append(part)
                else:
                    yield part.encode()
                at += len(part)
                self.seen += len(part)

    def judged(self, instead: str | None = None) -> bytes:
        """Give the text to judge on, once all texts are read: what was held out, or what is given `instead`.

        Example: Held(0).judged("other text") -> b"other text", after 16,384 characters of texts

        Raises UsageError where there was too little text, and where the one given is empty.
        """
        if self.seen < SLICE * EVERY:
            raise UsageError(
                f"a corpus of {self.seen:,} characters is too little to learn from: "
                f"{SLICE * EVERY:,} are the least"
            )
        if instead == "":
            raise UsageError("the texts that are held out are empty")
        return ("".join(self.text) if instead is None else instead).encode()
