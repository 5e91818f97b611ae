"""Context: the headings above a chunk of Markdown, and the head of a table that was cut."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from tokscope.errors import UsageError
from tokscope.fitting.chunk_window import Chunk, ChunkRule
from tokscope.fitting.chunking import chunk_blocks
from tokscope.fitting.upper_bound import bounded
from tokscope.text.markdown import markdown_sections, tables
from tokscope.tokenizer import Tokenizer


class PlacedChunk(NamedTuple):
    """A chunk, the titles of the headings that it stands below, and the text that goes before it.

    Example: PlacedChunk(chunk, ("Guide", "Install"), "# Guide\\n## Install\\n\\n", 12)

    `tokens` is the count of that text and the chunk's together. `headings` are None where nobody asked.
    """

    chunk: Chunk
    headings: Sequence[str] | None
    context: str
    tokens: int


class Above:
    """What stands above each place of a Markdown text.

    Example: Above("# A\\n## B\\nfirst\\nsecond\\n").at(15) -> (["A", "B"], "# A\\n## B\\n\\n")
    """

    def __init__(self, text: str) -> None:
        found = [*markdown_sections(text)]
        self._starts = [0, *accumulate(len(one.text.encode()) for one in found)][:-1]
        self._paths: list[Sequence[tuple[int, str]]] = []
        path: list[tuple[int, str]] = []
        for one in found:
            if one.level:
                path = [
                    *((level, title) for level, title in path if level < one.level),
                    (one.level, one.title),
                ]
            self._paths.append(path)
        self._tables = [
            (len(text[: one.rows].encode()), len(text[: one.end].encode()), text[one.start : one.rows])
            for one in tables(text)
        ]

    def at(self, start: int) -> tuple[Sequence[str], str]:
        """Give the titles above a byte, and the text to put before what begins there.

        Example: Above("# A\\ntext\\n").at(4) -> (["A"], "# A\\n\\n")

        A heading that begins at this byte, and a table whose head does, are not above it.
        """
        i = bisect_right(self._starts, start) - 1
        path = self._paths[i] if i >= 0 else ()
        if i >= 0 and path and self._starts[i] == start:
            path = path[:-1]
        head = next((head for rows, end, head in self._tables if rows <= start < end), "")
        headings = "".join(f"{'#' * level} {title}\n" for level, title in path)
        return [title for _, title in path], headings + "\n" * bool(headings) + head


def placed_chunks(text: str, rule: ChunkRule, tokenizer: Tokenizer) -> Sequence[PlacedChunk]:
    """Cut a text so that each chunk and what goes before it are within the rule's budget together.

    Example: placed_chunks(text, ChunkRule(200), load("gpt-4o"))[1].headings -> ["Guide"]

    Raises UsageError where what goes before a chunk leaves no room for it.
    """
    above, upper, room = Above(text), bounded(tokenizer), rule.budget
    while room > rule.overlap:
        chunks = chunk_blocks([text], rule._replace(budget=room), tokenizer)
        placed = [(one, *above.at(one.start)) for one in chunks]
        counts = upper.count_all([context + one.text for one, _, context in placed])
        found = [PlacedChunk(*one, count) for one, count in zip(placed, counts, strict=True)]
        if (over := max(counts, default=0) - rule.budget) <= 0:
            return found
        room -= over
    raise UsageError(
        f"headings and heads of tables leave no room in a budget of {rule.budget}: raise --budget"
    )
