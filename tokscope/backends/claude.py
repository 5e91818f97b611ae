"""`claude:MODEL`, and claude-* alone where the extra [claude] is installed: Claude's counts, reconstructed.

The package ctok (MIT, unofficial, Python 3.12 and later) finds the cheapest cover of a text by pieces that
its author measured with Anthropic's API. It gave all of the 206 published counts that were tried, of Opus
4.5, 4.7 and 5 and of Fable 5, and by its own account all but one of some 960,000; Anthropic has confirmed
none of it, so that it is never called exact. Where Claude cuts a text it does not know: one cover of several.

Long texts are cut and counted on all cores. That is exact, because no piece goes on after a newline except
with more newlines, as each vocabulary is asked before the first cut: what stands on either side of one is
covered by itself. The part before the cut is counted with a word after it and the part after it with a word
and a newline before it, so that neither stands at an end of the message, where other rules hold; what the two
words add is taken off.

A count here is that of the text. What the API adds around one user message is not in it: 7 tokens up to
Opus 4.6, 11 for Opus 4.7, 6 from Opus 4.8 on. From Opus 5 on white space at a text's end is free, which ctok
leaves out: it is the difference between the bounds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tokscope.errors import MissingExtra, UnknownTokenizer, Unsupported
from tokscope.models.names import claude_frame, claude_version, own_name
from tokscope.registry import load as load_tokenizer
from tokscope.report.table import Estimate
from tokscope.tokenizer import CutsNoText, Tokenizer, computed
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    pass

CHUNK_SIZE = 25_000
"""How many characters a part has at least, where a text is cut; a tenth of a second."""

HOUR = 3600
"""The seconds of computing that a part may take: of the longest text without a newline."""

CHUNK_BOUNDARY = re.compile(r"\n(?=[^\W_])")
"""Where a text may be cut: between a newline and a letter or digit, which normalization leaves apart."""


def _loads(parts: Sequence[str]) -> Iterator[list[str]]:
    """Put parts together that make one call of a process, some CHUNK_SIZE characters or one long part."""
    load: list[str] = []
    for part in parts:
        load.append(part)
        if sum(map(len, load)) >= CHUNK_SIZE:
            yield load
            load = []
    if load:
        yield load


class Claude(CutsNoText):
    """Claude's counts, as ctok reconstructs them.

    Example: load("claude:claude-opus-4-5").count("hello, world") -> Estimate(3, low=3, high=3)
    """

    exact = False
    cuts = False

    def __init__(self, name: str, version: tuple[int, int]) -> None:
        from ctok import token_count

        self.name = name
        self._count = token_count
        self._version = f"{version[0]}.{version[1]}"
        self._frame = claude_frame(name)
        self._free_end = version >= (5, 0)
        self.note = (
            "ctok's reconstruction, equal to the API on 206 published counts; "
            f"the API adds {self._frame} around a message"
        )

    @computed  # loaded when a text is to be cut
    def stand_in(self) -> Tokenizer:
        """The vocabulary that shows about where a text of Claude's might be cut.

        Example: load("claude-opus-4-5").stand_in.name -> "o200k_base"
        """
        return load_tokenizer("o200k_base")

    # `cut` stays None: what is at a text's start and end counts as such.

    def count(self, text: str) -> int:
        """Count the tokens of `text`, without what the API adds around a message."""
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`, on all cores where they are long."""
        bare = [text.rstrip(" \t\r\n") if self._free_end else text for text in texts]
        counts = self._counts([*texts, *bare])
        return [
            Estimate(high, min(low, high), high)
            for high, low in zip(counts[: len(texts)], counts[len(texts) :], strict=True)
        ]

    def _counts(self, texts: Sequence[str]) -> list[int]:
        """Count texts by the parts that they may be cut into, each part once."""
        parts = [self._parts(text) for text in texts]
        asked = [*dict.fromkeys(part for some in parts for part in some)]
        counts = dict(zip(asked, self._of_all(asked), strict=True))
        return [sum(counts[part] for part in some) - 3 * (len(some) - 1) for some in parts]

    def _parts(self, text: str) -> list[str]:
        """Cut a text into parts whose counts, less 3 for each cut, add up to its own."""
        if len(text) < 2 * CHUNK_SIZE or not self._adds_up:
            return [text]
        parts, start = [], 0
        while found := CHUNK_BOUNDARY.search(text, start + CHUNK_SIZE):
            parts.append(text[start : found.end()])
            start = found.end()
        ends = [*("a" for _ in parts), ""]
        heads = ["", *("a\n" for _ in parts)]
        return list(map("".join, zip(heads, [*parts, text[start:]], ends, strict=True)))

    @cached_property
    def _adds_up(self) -> bool:
        """Whether a cover of a text always ends a piece at a newline, and the words put there cost 1 each."""
        from ctok import pieces

        within = any(re.search(r"\n[^\n]", piece) for piece in pieces(self._version))
        return not within and self._of("a\na") == 3

    def _of_all(self, parts: Sequence[str]) -> list[int]:
        """Count parts: in several processes where there is more to do than to start them."""
        cores = os.cpu_count() or 1
        if cores == 1 or sum(map(len, parts)) < 2 * CHUNK_SIZE or len(parts) < 2 or not hasattr(os, "fork"):
            return [self._of(part) for part in parts]
        from concurrent.futures import ThreadPoolExecutor

        from tokscope.files.confined import Confined

        self._of("a")  # the vocabulary is there before the processes are
        idle = [Confined(lambda *some: list(map(self._of, some)), seconds=HOUR) for _ in range(cores)]
        for one in idle:
            one()  # which starts it, while there are no threads yet

        def work(some: Sequence[str]) -> list[int]:
            worker = idle.pop()
            try:
                found: list[int] = worker(*some)
            finally:
                idle.append(worker)
            return found

        with ThreadPoolExecutor(cores) as pool:
            return [count for counts in pool.map(work, _loads(parts)) for count in counts]

    def _of(self, text: str) -> int:
        count: int = self._count(text, self._version) if text else 0
        return max(0, count - self._frame)

    def refusal(self) -> Unsupported:
        """Say that only counts are known."""
        return Unsupported(
            f"{self.name}: where Claude cuts a text is not known, only how often; "
            "-t o200k_base shows tokens of another vocabulary"
        )


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `claude:MODEL`. Raises UnknownTokenizer, and MissingExtra without ctok.

    Example: load(Spec("claude", "claude-opus-4-5")).name -> "claude-opus-4-5"
    """
    version = claude_version(spec.argument)
    if version is None:
        raise UnknownTokenizer(str(spec), ["claude:claude-opus-5-5"])
    try:
        return Claude(own_name(spec.argument), version)
    except ImportError as error:
        raise MissingExtra("Claude's reconstructed count", "claude") from error
