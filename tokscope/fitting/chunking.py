"""Chunk: a text in parts of at most N tokens, cut where it does the least damage.

A text has breaks, each of a Level. Of all ways to cut at them within the budget, the best one cuts through
the fewest words, then lines, then sentences and so on, and of those it has the most even parts: what Knuth
and Plass 1981 (https://doi.org/10.1002/spe.4380111102) do for the lines of a paragraph, by dynamic
programming from the end of the text.

A long text is read through a window, so that memory does not grow with its size. The best cuts of the window
are found, the first of them are kept, and the next window begins at the last one kept. Many chunks lie
between that one and the end of the window, so where the window ends hardly ever matters; a text no longer
than a window gets the very best cuts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokscope.errors import UsageError, one_of
from tokscope.fitting.chunk_window import Before, By, Chunk, ChunkRule, ChunkWindow
from tokscope.fitting.upper_bound import bounded
from tokscope.registry import DEFAULT, load
from tokscope.split import mended
from tokscope.tokenizer import Tokenizer


def chunk(
    text: str,
    budget: int,
    *,
    overlap: int = 0,
    by: str = "paragraph",
    tokenizer: str | Tokenizer = DEFAULT,
    even: bool = True,
) -> list[Chunk]:
    """Cut a text into chunks of at most `budget` tokens.

    Example: [c.text for c in chunk("One. Two. Three.", 4, by="sentence")] -> ["One. ", "Two. Three."]

    Every byte of the text is in at least one chunk. `overlap` is how many tokens of the text before it a
    chunk may repeat. `by` is token, sentence, paragraph, heading (Markdown) or code; with token all chunks
    but the last are full where they need not be `even`. Raises UsageError if the overlap leaves no room, a
    single character exceeds the budget or `by` is another word, and TokenizerError.
    """
    one = load(tokenizer) if isinstance(tokenizer, str) else tokenizer
    return list(chunk_blocks([mended(text)], ChunkRule(budget, overlap, one_of(By, by, "by"), even), one))


SPAN = 1 << 19
"""How many characters of a text are considered together, at least."""

LOOKAHEAD = 16
"""How many chunks beyond the last one kept are considered."""


def chunk_blocks(blocks: Iterable[str], rule: ChunkRule, tokenizer: Tokenizer) -> Iterator[Chunk]:
    """Cut a text that comes in blocks, see chunk(); where the blocks end makes no difference.

    Example: next(chunk_blocks(document.blocks(), ChunkRule(200), load("gpt-4o"))).start -> 0

    About SPAN characters are in memory, or enough for twice LOOKAHEAD chunks if that is more. Raises
    UsageError and TokenizerError as chunk() does, perhaps after it has given some chunks.
    """
    tokenizer = bounded(tokenizer)
    if not 0 <= rule.overlap < rule.budget:
        raise UsageError(f"an overlap of {rule.overlap} leaves no room in a budget of {rule.budget}")
    pieces = (block[i : i + SPAN] for block in blocks for i in range(0, len(block), SPAN))
    before = Before()
    text, ended, size = "", False, SPAN
    while True:
        while len(text) <= size and not ended:
            piece = next(pieces, None)
            ended = piece is None
            text += piece or ""
        window = ChunkWindow(text[:size], before, rule, tokenizer)
        bounds = window.bounds()
        if ended and len(text) <= size:
            yield from window.chunks(bounds)
            return
        if len(bounds) <= 2 * LOOKAHEAD:
            size *= 2
            continue
        kept = bounds[:-LOOKAHEAD]
        yield from window.chunks(kept)
        text = text[window.characters_before(kept[-1]) :]
        before = window.before(kept)
