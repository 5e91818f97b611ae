"""Attribution: which message wrote which stretch of what a chat template rendered.

A template is a program: it trims texts, leaves some out, moves others, and itself says "user". To look for
the texts in what it rendered is to guess, for they repeat and hold one another. So the request is rendered
once more with a mark before and after each text: where the rendering is otherwise the same, the marks say
where each text stands. What is between two texts is shared out by rendering the first messages alone: what
these write after their last text is theirs, as far as the whole rendering has it there too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tokscope.errors import InputError
from tokscope.fitting.chat import Object
from tokscope.fitting.marking import CharSpan, Mark, MarkedText, Marking, Render, Turn


class Shares(NamedTuple):
    """What in a rendering belongs to whom.

    Example: "<u>Hi<a>Ho", of two messages -> Shares([[(3, 5)], [(8, 10)]], [(0, 5), (5, 10)], ...)

    `texts` are the stretches that each message's texts take; `regions` are all that is each message's, though
    texts of others may be in them. What lies between two regions cannot be told apart. `known` says of
    texts whether they are in the rendering: all of those whose marks did not change it and were not cut.
    """

    texts: Sequence[Sequence[CharSpan]]
    regions: Sequence[CharSpan]
    known: Mapping[tuple[str, int, str], bool]


def shares(
    render: Render,
    turns: Sequence[Turn],
    tools: Sequence[Object],
    rendered: str,
    down: Callable[[int], int] = int,
) -> Shares:
    """Attribute what `render` made of turns and tools to them, see Shares; for `down` see Ends.

    Example: shares(render, [[{"role": "user", "content": "Hi"}]], [], "<u>Hi").texts -> [[(3, 5)]]
    """
    marking = Marking(turns, tools, rendered)
    marks = marking.choose(render)
    regions = list(Ends(render, marking, marks, rendered, down).regions(len(turns)))
    spans: list[list[CharSpan]] = [[] for _ in turns]
    of_text: dict[int, list[Mark]] = {}
    for mark in marks:
        of_text.setdefault(mark.text, []).append(mark)
    known: dict[tuple[str, int, str], bool] = {}
    for number, text in enumerate(marking.texts):
        if not text.core:
            continue
        key = (text.what, text.owner, text.core)
        found = list(_spans(text, of_text.get(number, ()), rendered))
        if any(text.core in rendered[slice(*span)] for span in found):
            known[key] = True
        elif number in marking.chosen and not found:
            known.setdefault(key, False)  # one of the names of what a model thought is enough
        if text.what != "tool":
            if not found and number not in marking.chosen:
                at = rendered.find(text.core, *regions[text.owner])
                found = [(at, at + len(text.core))] if at >= 0 else []
            spans[text.owner] += found
    return Shares(spans, regions, known)


def _spans(text: MarkedText, marks: Sequence[Mark], rendered: str) -> Iterator[CharSpan]:
    """Find a text by its marks, as often as it is there; at a lone mark, as much of it as there is."""

    def as_much_as_there_is(start: int) -> CharSpan:
        there = _common_prefix_length(text.core, rendered[start : start + len(text.core)])
        return _widened(text, start, start + there, rendered)

    start = None
    for mark in marks:
        if not mark.ends:
            if start is not None:
                yield as_much_as_there_is(start)
            start = mark.at
        elif start is not None:
            yield _widened(text, start, mark.at, rendered)
            start = None
        else:
            kept = _common_prefix_length(
                text.core[::-1], rendered[max(mark.at - len(text.core), 0) : mark.at][::-1]
            )
            kept = len(text.core[len(text.core) - kept :].lstrip())  # the template's own may be alike
            yield _widened(text, mark.at - kept, mark.at, rendered)
    if start is not None:
        yield as_much_as_there_is(start)


def _widened(text: MarkedText, start: int, end: int, rendered: str) -> CharSpan:
    """Take in the white space around a text, as much of it as was rendered."""
    before = rendered[max(start - len(text.before), 0) : start]
    after = rendered[end : end + len(text.after)]
    return start - _common_prefix_length(text.before[::-1], before[::-1]), end + _common_prefix_length(
        text.after, after
    )


def _common_prefix_length(one: str, other: str) -> int:
    """Count the characters that two texts begin with both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


class Ends:
    """Finds where the first messages end in a rendering.

    Example: Ends(render, marking, marks, "<u>Hi<a>Ho", int)

    `down` gives the start of the token that a character is in: where two renderings part within a token,
    it is not the same token in both.
    """

    def __init__(
        self,
        render: Render,
        marking: Marking,
        marks: Sequence[Mark],
        rendered: str,
        down: Callable[[int], int],
    ) -> None:
        self._render, self._marking, self._marks = render, marking, marks
        self._rendered, self._down = rendered, down
        self._first = {one[1:]: at for at, one in reversed(list(enumerate(marks)))}
        self._last = {one[1:]: at for at, one in enumerate(marks)}
        self._ended = {self._owner(one): at for at, one in enumerate(marks)}

    def regions(self, messages: int) -> Iterator[CharSpan]:
        """Give the stretch of each message; between two of them may lie what cannot be told apart.

        Example: list(Ends(render, marking, marks, "<u>Hi<a>Ho", int).regions(2)) -> [(0, 5), (5, 10)]

        The same text between two messages of the same roles is shared out alike, and only once.
        """
        start = 0
        shared: dict[tuple[str, ...], int] = {}
        for number in range(1, messages + 1):
            after, gap = self._gap(number)
            key = (gap, *self._marking.roles(number))
            if gap and key in shared:
                low = high = after + shared[key]
            else:
                low, high = self._of_first(number, messages) or self._between(number)
                if low == high and after <= low <= after + len(gap):
                    shared[key] = low - after
            low = max(low, start)
            yield start, low
            start = max(high, low)

    def _gap(self, number: int) -> tuple[int, str]:
        """Give what is between the marks of a message and those of the next, and where it begins."""
        at = self._ended.get(number - 1)
        if at is None or at + 1 == len(self._marks) or self._owner(self._marks[at + 1]) != number:
            return 0, ""
        start = self._marks[at].at
        return start, self._rendered[start : self._marks[at + 1].at]

    def _owner(self, mark: Mark) -> int | None:
        text = self._marking.texts[mark.text]
        return None if text.what == "tool" else text.owner

    def _of_first(self, number: int, messages: int) -> CharSpan | None:
        """Find where the first messages end: by what they write alone, else by what the others do."""
        try:
            written = self._render(self._marking.turns(0, number), tools=self._marking.tools, reply=False)
            at = self._behind(*self._marking.read(written))
        except InputError:  # as where roles must alternate, and end with the user's
            at = None
        if at is None and number < messages:
            try:
                written = self._render(self._marking.turns(number, messages), tools=())
                at = self._before(*self._marking.read(written))
            except InputError:
                at = None
        return None if at is None else (at, at)

    def _behind(self, alone: str, marks: Sequence[Mark]) -> int | None:
        """Find the end of what the first messages write alone."""
        if self._rendered.startswith(alone):
            return len(alone)
        at = self._last.get(marks[-1][1:]) if marks else -1
        if at is None:
            return None
        start = self._marks[at].at if at >= 0 else 0
        limit = self._marks[at + 1].at if at + 1 < len(self._marks) else len(self._rendered)
        tail = alone[marks[-1].at :] if marks else alone
        alike = _common_prefix_length(tail, self._rendered[start:limit])
        return start + alike if alike == len(tail) else max(self._down(start + alike), start)

    def _before(self, alone: str, marks: Sequence[Mark]) -> int | None:
        """Find the beginning of what the other messages write alone."""
        at = self._first.get(marks[0][1:]) if marks else None
        if at is None:
            return None
        end, start = self._marks[at].at, self._marks[at - 1].at if at else 0
        head = alone[: marks[0].at]
        return end - _common_prefix_length(head[::-1], self._rendered[start:end][::-1])

    def _between(self, number: int) -> CharSpan:
        """Give the stretch in which the first messages end somewhere: between the texts that are marked."""
        owned = [(owner, one.at) for one in self._marks if (owner := self._owner(one)) is not None]
        low = max((at for owner, at in owned if owner < number), default=0)
        high = min((at for owner, at in owned if owner >= number and at >= low), default=len(self._rendered))
        return low, high
