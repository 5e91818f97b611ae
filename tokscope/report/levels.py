"""LevelsReport: what `split --levels` found, between cutting and printing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from tokscope.report.objects import token_object
from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import Fields


class Span(NamedTuple):
    """One span of a level: its place in the text, in bytes, its level, and its number in that level.

    Example: Span(0, 7, level=1, number=0) is the first token, if level 1 is a tokenizer's
    """

    start: int
    end: int
    level: int
    number: int


class Crossing(NamedTuple):
    """Two spans that overlap, neither of which holds the other; `first` begins and ends before `second`.

    Example: Crossing(Span(0, 4, 1, 0), Span(2, 6, 2, 0))
    """

    first: Span
    second: Span


@dataclass(slots=True)
class Nested:
    """A span, with the spans that lie in it and in no smaller one.

    Example: Nested(Span(0, 7, 2, 0), [Nested(Span(0, 4, 1, 0)), Nested(Span(4, 7, 1, 1))])
    """

    span: Span
    children: list[Nested] = field(default_factory=list)


class Nesting(NamedTuple):
    """How spans nest: those that lie in no other, each with all that it holds, and the crossings.

    Example: nest(splits).roots[0].span
    """

    roots: list[Nested]
    crossings: list[Crossing]


class Levels(NamedTuple):
    """One text cut at every level, the finest first, and how the spans of all levels nest.

    Example: cut_at_levels("playing football", [load("gpt-4o")])
    """

    cuts: Sequence[Cut]
    nesting: Nesting


@dataclass(frozen=True, slots=True)
class LevelsReport(SplitReport):
    """The result of `split --levels`: a SplitReport with a Cut per text and level, and how each text nests.

    Example: LevelsReport.of([cut_at_levels("playing football", [load("gpt-4o")])])

    `texts` are the levels of each text.
    """

    forms: ClassVar[Sequence[str]] = ("levels", *SplitReport.forms)

    texts: Sequence[Levels] = ()

    @classmethod
    def of(cls, texts: Sequence[Levels]) -> LevelsReport:
        """Make the report of some texts from the levels of each.

        Example: LevelsReport.of([cut_at_levels("Hi", [])]).texts[0].cuts[0].tokenizer -> "char"
        """
        return cls([cut for text in texts for cut in text.cuts], align=True, texts=texts)

    def _results(self) -> Iterator[Fields]:
        """One JSON object per text: its levels, the tree, and the crossings."""
        for cuts, nesting in self.texts:
            objects = [[{"level": cut.tokenizer, **token_object(one)} for one in cut.split] for cut in cuts]
            source = cuts[0].split.source
            yield {
                "path": cuts[0].path,
                "chars": len(source.decode()),
                "bytes": len(source),
                "levels": [
                    {"level": cut.tokenizer, "exact": cut.exact, "spans": len(cut.split)} for cut in cuts
                ],
                "tree": [_nested_object(root, objects) for root in nesting.roots],
                "crossings": [
                    [objects[span.level][span.number] for span in crossing] for crossing in nesting.crossings
                ],
            }


def _nested_object(node: Nested, objects: Sequence[Sequence[Fields]]) -> Fields:
    """Describe a span with all that lies in it; the recursion is at most as deep as there are levels."""
    fields = objects[node.span.level][node.span.number]
    if not node.children:
        return fields
    return {**fields, "children": [_nested_object(child, objects) for child in node.children]}
