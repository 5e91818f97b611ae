"""Levels: one text cut at several granularities at once, and how the spans nest.

A level is one way to cut the text: characters, the tokens of a tokenizer, words, sentences. A span lies in
the smallest span that holds it, at whatever level: a word holds its tokens, and a token of several words, or
of a word and the space before it, holds those words. Two spans cross if they overlap and neither holds the
other, like GPT-2's " don" and the word "don't".
"""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.registry import load
from tokscope.report.levels import Crossing, Levels, Nested, Nesting, Span
from tokscope.report.split import Cut
from tokscope.split import Split
from tokscope.text.segments import Unit, segments
from tokscope.tokenizer import Tokenizer


def nest(splits: Sequence[Split]) -> Nesting:
    """Find the smallest span that holds each span, and every crossing.

    Example: for "a b" as the tokens "a", " b" and the words "a", "b" the roots are "a" and " b": the first
    word holds the first token, and the second token holds the second word.

    `splits` cut the same text, the finest first; of two equal spans the coarser level's holds the other, and
    no span holds one of zero width. One pass over the spans in the order of their starts: O(spans x levels).
    """
    spans = [
        Span(start, end, level, number)
        for level, split in enumerate(splits)
        for number, (start, end) in enumerate(zip(split.starts, split.ends, strict=True))
    ]
    spans.sort(key=lambda span: (span.start, -span.end, -span.level))
    nesting = Nesting([], [])
    open_: list[Nested] = []  # spans that end after the next one starts: at most one of each level
    for span in spans:
        node = Nested(span)
        open_ = [other for other in open_ if other.span.end > span.start]
        holding = [other for other in open_ if other.span.end >= span.end > span.start]
        nesting.crossings.extend(Crossing(other.span, span) for other in open_ if other.span.end < span.end)
        parent = min(
            holding, key=lambda other: (other.span.end - other.span.start, other.span.level), default=None
        )
        (parent.children if parent else nesting.roots).append(node)
        open_.append(node)
    return nesting


def cut_at_levels(text: str, tokenizers: Sequence[Tokenizer], path: str | None = None) -> Levels:
    """Cut a text at every level: characters, the tokens of each tokenizer, words, sentences.

    Example: [cut.name for cut in cut_at_levels("Hi", [load("gpt-4o")]).cuts] ->
    ["char", "gpt-4o", "word", "sentence"]

    Characters, words and sentences are those of UAX #29; the tokenizers `char` and `word` add no level.
    """
    between = [one for one in tokenizers if one.name not in (Unit.CHAR, Unit.WORD)]
    ordered = [load(Unit.CHAR), *between, load(Unit.WORD)]
    cuts = [Cut(one.name, one.encode(text), one.asked, path, one.exact) for one in ordered]
    cuts.append(Cut(Unit.SENTENCE, segments(text, Unit.SENTENCE), path=path))
    return Levels(cuts, nest([cut.split for cut in cuts]))
