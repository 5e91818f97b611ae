"""Held-out text: the part of a corpus to judge by, not to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokscope.errors import UsageError
from tokscope.text.encodings import CODECS

SLICE, HOLD_OUT_EVERY = 1024, 16
"""The last of every 16 slices of 1,024 characters is held out."""


class HeldBack:
    """Holds out a part of the texts, at most `most` characters and a slice.

    Example: held = HeldBack(1 << 22); b"".join(held.out(blocks)) -> what to learn from; held.text -> the rest

    `seen` counts the characters of all texts. The same part is held out however they are cut into blocks.
    What it gives is encoded as `encoding` has it, one of CODECS.
    """

    def __init__(self, most: int, encoding: str = "utf-8") -> None:
        self.text: list[str] = []
        self.seen = 0
        self._most = most
        self._codec = CODECS[encoding]

    def out(self, blocks: Iterable[str]) -> Iterator[bytes]:
        """Give the part of a text to learn from; the text comes in blocks, and the rest is held out.

        Example: b"".join(HeldBack(0).out(["Hi ", "there"])) -> b"Hi there"
        """
        for block in blocks:
            at = 0
            while at < len(block):
                number, into = divmod(self.seen, SLICE)
                part = block[at : at + SLICE - into]
                if (
                    number % HOLD_OUT_EVERY == HOLD_OUT_EVERY - 1
                    and number * SLICE < self._most * HOLD_OUT_EVERY
                ):
                    self.text.append(part)
                else:
                    yield part.encode(self._codec)
                at += len(part)
                self.seen += len(part)

    def judged(self, instead: str | None = None) -> bytes:
        """Give the text to judge by, once all texts are read: what was held out, or the one given `instead`.

        Example: held.judged("other text") -> b"other text", if `held` has seen 16,384 characters

        Raises UsageError if there was too little text, or if `instead` is empty.
        """
        if self.seen < SLICE * HOLD_OUT_EVERY:
            raise UsageError(
                f"a corpus of {self.seen:,} characters is too small to learn from: "
                f"it takes at least {SLICE * HOLD_OUT_EVERY:,}"
            )
        if instead == "":
            raise UsageError("the texts that are held out are empty")
        return ("".join(self.text) if instead is None else instead).encode(self._codec)
