"""Marking: a request rendered once more with a mark before and after each of its texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

from tokscope.errors import InputError
from tokscope.fitting.chat import Object
from tokscope.fitting.messages import REASONING

Turn = Sequence[Object]
"""A message of the request as a template takes it: several where it holds results of tools."""

Render = Callable[..., str]
"""What the template makes of messages; of tools= if they are not the request's own; with reply= or not."""

CharSpan = tuple[int, int]
"""From which character to which."""

Visit = Callable[[str, str], str]
"""Takes a text, and what it is; gives what to write in its place."""


class MarkedText(NamedTuple):
    """A text of a request, without the white space around it, which templates like to trim.

    Example: MarkedText("content", 0, before=" ", core="Hi", after="\\n")

    `what` is "content", "reasoning", "call", "name" or "tool", `owner` the number of the message or the tool.
    """

    what: str
    owner: int
    before: str
    core: str
    after: str


class Mark(NamedTuple):
    """A mark that was found: at which character, of which text, and whether it ends it.

    Example: Mark(5, 0, ends=True)
    """

    at: int
    text: int
    ends: bool


class Marking:
    """The texts of a request, and which of them can be marked without a change of what is rendered.

    Example: Marking([[{"role": "user", "content": "Hi"}]], [], "<u>Hi").choose(render) -> [Mark(3, 0, False),
    Mark(5, 0, True)]
    """

    def __init__(self, turns: Sequence[Turn], tools: Sequence[Object], rendered: str) -> None:
        self.texts: list[MarkedText] = []
        self.chosen: set[int] = set()
        self._turns, self._tools, self._rendered = turns, tools, rendered
        for number, turn in enumerate(turns):
            _of_turn(turn, self._remembering(number))
        for number, tool in enumerate(tools):
            _of_tool(tool, self._remembering(number))
        everything = f"{turns}{tools}{rendered}"
        sign = next(one for n in count() if (one := f"Zq{n}x") not in everything)
        self._written = f"{sign}{{}}{{}}".format
        self._mark = re.compile(f"{sign}([0-9]+)([oc])")

    def choose(self, render: Render) -> Sequence[Mark]:
        """Mark as many texts as can be, and say where they are in the rendering.

        Example: marking.choose(render) -> [Mark(3, 0, False), Mark(5, 0, True)]
        """
        everything = set(range(len(self.texts)))
        texts = {number for number in everything if self.texts[number].core.strip()}
        for numbers in (everything, texts):
            if (marks := self._marks(render, numbers)) is not None:
                return marks
        kept = sorted(self._harmless(render, sorted(texts)))
        return self._marks(render, set(kept)) or []

    def _harmless(self, render: Render, numbers: Sequence[int]) -> Iterator[int]:
        """Give those texts whose marks leave the rendering as it is, found by halves."""
        if self._marks(render, set(numbers)) is not None:
            yield from numbers
        elif len(numbers) > 1:
            half = len(numbers) // 2
            yield from self._harmless(render, numbers[:half])
            yield from self._harmless(render, numbers[half:])

    def _marks(self, render: Render, numbers: set[int]) -> Sequence[Mark] | None:
        """Render it with these texts marked; None where that changes more than to add the marks."""
        self.chosen = numbers
        try:
            text, marks = self.read(render(self.turns(0, len(self._turns)), tools=self.tools))
        except InputError:
            text, marks = "", []
        if text == self._rendered:
            return marks
        self.chosen = set()
        return None

    def read(self, marked: str) -> tuple[str, list[Mark]]:
        """Take the marks out of what was rendered, and say where they stood.

        Example: marking.read("<u>Zq0x0oHiZq0x0c") -> ("<u>Hi", [Mark(3, 0, False), Mark(5, 0, True)])
        """
        texts, marks, at, length = [], [], 0, 0
        for found in self._mark.finditer(marked):
            texts.append(marked[at : found.start()])
            length += len(texts[-1])
            marks.append(Mark(length, int(found[1]), found[2] == "c"))
            at = found.end()
        return "".join([*texts, marked[at:]]), marks

    def turns(self, first: int, last: int) -> list[Object]:
        """Give the messages of some turns, with the chosen texts marked.

        Example: marking.turns(0, 1) -> [{"role": "user", "content": "Zq0x0oHiZq0x0c"}]
        """
        number = next(
            (n for n, text in enumerate(self.texts) if text.what != "tool" and text.owner >= first), 0
        )
        visit = self._marking(number)
        return list(chain.from_iterable(_of_turn(turn, visit) for turn in self._turns[first:last]))

    def roles(self, number: int) -> tuple[str, str]:
        """Give the roles of the messages before and after the end of the first turns.

        Example: marking.roles(1) -> ("user", "assistant"), of a question and its answer
        """
        before = self._turns[number - 1][-1:]
        behind = self._turns[number][:1] if number < len(self._turns) else ()
        before_and_behind = [str(one[0].get("role")) if one else "" for one in (before, behind)]
        return before_and_behind[0], before_and_behind[1]

    @property
    def tools(self) -> list[Object]:
        """The tools, with the chosen texts marked.

        Example: Marking([], [{"name": "f"}], "").tools -> [{"name": "f"}]
        """
        number = next((n for n, text in enumerate(self.texts) if text.what == "tool"), 0)
        visit = self._marking(number)
        return [_of_tool(tool, visit) for tool in self._tools]

    def _remembering(self, owner: int) -> Visit:
        def visit(text: str, what: str) -> str:
            core = text.strip() or text
            before = text[: text.index(core)]
            self.texts.append(MarkedText(what, owner, before, core, text[len(before) + len(core) :]))
            return text

        return visit

    def _marking(self, first: int) -> Visit:
        """Make what marks texts, in the order in which they were remembered, from one on."""
        numbers = count(first)

        def visit(text: str, what: str) -> str:
            number = next(numbers)
            if number not in self.chosen:
                return text
            _, _, before, core, after = self.texts[number]
            return "".join((before, self._written(number, "o"), core, self._written(number, "c"), after))

        return visit


def _of_turn(turn: Turn, visit: Visit) -> list[Object]:
    return [_of_message(message, visit) for message in turn]


def _of_message(message: Object, visit: Visit) -> Object:
    """Write a message again with what `visit` makes of its texts."""
    found: dict[str, object] = {}
    for key, value in message.items():
        match value:
            case str() if key in ("content", "name"):
                found[key] = visit(value, key)
            case str() if key in REASONING:
                found[key] = visit(value, "reasoning")
            case list() if key == "content":
                found[key] = [_of_part(part, visit) for part in value]
            case list() if key == "tool_calls":
                found[key] = [_of_call(call, visit) for call in value]
            case _:
                found[key] = value
    return found


def _of_part(part: Any, visit: Visit) -> object:
    match part:
        case {"text": str(text)}:
            return {**part, "text": visit(text, "content")}
        case _:
            return part


def _of_call(call: Any, visit: Visit) -> object:
    match call:
        case {"function": {"name": str(name)} as function}:
            given = {**function, "name": visit(name, "call")}
            if "arguments" in function:
                given["arguments"] = _leaves(function["arguments"], lambda text: visit(text, "call"))
            return {**call, "function": given}
        case _:
            return call


def _leaves(value: Any, visit: Callable[[str], str]) -> object:
    """Write a value again with what `visit` makes of every text in it, keys left as they are."""
    match value:
        case str():
            return visit(value)
        case dict():
            return {key: _leaves(inner, visit) for key, inner in value.items()}
        case list():
            return [_leaves(inner, visit) for inner in value]
        case _:
            return value


def _of_tool(tool: Any, visit: Visit) -> Any:
    """Write a tool again with what `visit` makes of its name and of all descriptions."""
    match tool:
        case dict():
            named = isinstance(tool.get("parameters"), dict) or "description" in tool
            return {
                key: visit(inner, "tool")
                if isinstance(inner, str) and (key == "description" or (named and key == "name"))
                else _of_tool(inner, visit)
                for key, inner in tool.items()
            }
        case list():
            return [_of_tool(inner, visit) for inner in tool]
        case _:
            return tool
