"""Levels: one text at many granularities at once, and how their spans nest.

A level is one way to cut the text: characters, the tokens of a tokenizer, words, sentences. A span lies in
the smallest span that holds it, of whichever level: a word holds its tokens, and a token of several words, or
of a word and the space before it, holds those. Two spans that overlap while neither holds the other cross, as
GPT-2's " don" and the word "don't" do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from tokscope.registry import load
from tokscope.report import token_object
from tokscope.segments import Unit, segments
from tokscope.split import Split
from tokscope.split_report import Cut, SplitReport
from tokscope.tokenizer import Tokenizer

Fields = Mapping[str, object]
"""A span as a JSON object."""


class Span(NamedTuple):
    """One span of a level: where it is in the text, in bytes, and which one of which level it is.

    Example: Span(0, 7, level=1, number=0) is the first token where level 1 is a tokenizer's
    """

    start: int
    end: int
    level: int
    number: int


class Crossing(NamedTuple):
    """Two spans that overlap while neither holds the other; `first` begins, and ends, before `second`."""

    first: Span
    second: Span


@dataclass(slots=True)
class Node:
    """A span, and the spans that lie in it and in nothing smaller."""

    span: Span
    children: list[Node] = field(default_factory=list)


class Nesting(NamedTuple):
    """What lies in what: the spans that lie in no other, each with all that it holds, and the crossings."""

    roots: list[Node]
    crossings: list[Crossing]


def nest(splits: Sequence[Split]) -> Nesting:
    """Find for each span the smallest that holds it, and every crossing.

    Example: nest([tokens of "a b": "a", " b"; words of it: "a", "b"]) has the roots "a", " b": the first word
    holds the first token, and the second token the second word.

    `splits` cut the same text, the finest first; of two equal spans the coarser level's holds the other, and
    one of no width lies in none. One pass over the spans in the order of their starts: O(spans x levels).
    """
    spans = [
        Span(start, end, level, number)
        for level, split in enumerate(splits)
        for number, (start, end) in enumerate(zip(split.starts, split.ends, strict=True))
    ]
    spans.sort(key=lambda span: (span.start, -span.end, -span.level))
    nesting = Nesting([], [])
    open_: list[Node] = []  # those that reach beyond the start of the next span: one of each level at most
    for span in spans:
        node = Node(span)
        open_ = [other for other in open_ if other.span.end > span.start]
        holding = [other for other in open_ if other.span.end >= span.end > span.start]
        nesting.crossings.extend(Crossing(other.span, span) for other in open_ if other.span.end < span.end)
        parent = min(
            holding, key=lambda other: (other.span.end - other.span.start, other.span.level), default=None
        )
        (parent.children if parent else nesting.roots).append(node)
        open_.append(node)
    return nesting


def cut_at_levels(text: str, tokenizers: Sequence[Tokenizer], path: str | None = None) -> list[Cut]:
    """Cut a text at every level: characters, the tokens of each tokenizer, words, sentences.

    Example: the names of cut_at_levels("Hi", [load("gpt-4o")]) are "char", "gpt-4o", "word" and "sentence"

    Characters, words and sentences are those of UAX #29; a tokenizer that is `char` or `word` is that level.
    """
    between = [one for one in tokenizers if one.name not in (Unit.CHAR, Unit.WORD)]
    ordered = [load(Unit.CHAR), *between, load(Unit.WORD)]
    cuts = [Cut(one.name, one.encode(text), one.asked, path, one.exact) for one in ordered]
    return [*cuts, Cut(Unit.SENTENCE, segments(text, Unit.SENTENCE), path=path)]


@dataclass(frozen=True, slots=True)
class LevelsReport(SplitReport):
    """The result of `split --levels`: a SplitReport with a Cut per text and level, and how each text nests.

    Example: LevelsReport.of([cut_at_levels("playing football", [load("gpt-4o")])])

    `texts` are the levels of each text.
    """

    form: ClassVar[str] = "levels"

    texts: Sequence[Sequence[Cut]] = ()

    @classmethod
    def of(
        cls,
        texts: Sequence[Sequence[Cut]],
        errors: Sequence[Mapping[str, object]] = (),
        notes: Sequence[str] = (),
    ) -> LevelsReport:
        """Make the report of the levels of each text."""
        cuts = [cut for text in texts for cut in text]
        return cls(cuts, align=True, errors=errors, notes=notes, texts=texts)

    @property
    def results(self) -> Iterator[Mapping[str, object]]:
        """One JSON object per text: its levels, the tree, and the crossings."""
        for cuts in self.texts:
            nesting = nest([cut.split for cut in cuts])
            objects = [[{"level": cut.tokenizer, **token_object(one)} for one in cut.split] for cut in cuts]
            source = cuts[0].split.source
            yield {
                "path": cuts[0].path,
                "chars": len(source.decode()),
                "bytes": len(source),
                "levels": [
                    {"level": cut.tokenizer, "exact": cut.exact, "spans": len(cut.split)} for cut in cuts
                ],
                "tree": [_tree(root, objects) for root in nesting.roots],
                "crossings": [
                    [objects[span.level][span.number] for span in crossing] for crossing in nesting.crossings
                ],
            }


def _tree(node: Node, objects: Sequence[Sequence[Fields]]) -> Fields:
    """Describe a span with all that lies in it; at most one span of each level deep."""
    fields = objects[node.span.level][node.span.number]
    if not node.children:
        return fields
    return {**fields, "children": [_tree(child, objects) for child in node.children]}
