"""An engine of the `tokenizers` library that encodes in a child process: its patterns are somebody else's.

A regular expression of a tokenizer.json can take longer than anybody waits, and its library takes the process
with it where it breaks down. Patterns that ship with a vocabulary of ours are known to do neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tokscope.files.confined import Confined, Stopped


class Encoded(NamedTuple):
    """What an Encoding of `tokenizers` says, as far as it is asked for."""

    ids: list[int]
    tokens: list[str]
    offsets: list[tuple[int, int]]


class Elsewhere:
    """An engine like the one it is made of; encode and encode_batch_fast run in a child.

    Example: Elsewhere(engine, fail).encode("Hello").ids

    `fail` is told why a call was given up, and raises what is to be raised.
    """

    def __init__(self, engine: Any, fail: Callable[[str], Exception]) -> None:
        self._engine = engine
        self._fail = fail
        self._run = Confined(self._encode)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def encode(self, text: str, add_special_tokens: bool = True) -> Encoded:
        """Encode a text."""
        ids, tokens, offsets = self._asked(text, add_special_tokens, False)
        return Encoded(ids, tokens, [(start, end) for start, end in offsets])

    def encode_batch_fast(self, texts: Sequence[str], add_special_tokens: bool = True) -> list[range]:
        """Encode texts without their offsets: what is given has the length of each."""
        return [range(self._asked(text, add_special_tokens, True)) for text in texts]

    def _asked(self, text: str, special: bool, count: bool) -> Any:
        try:
            done, said = self._run(text, special, count)
        except Stopped as reason:
            raise self._fail(str(reason)) from reason
        if not done:
            raise Exception(said)  # as the library itself does
        return said

    def _encode(self, text: str, special: bool, count: bool) -> tuple[bool, Any]:
        try:
            if count:
                return True, len(self._engine.encode_batch_fast([text], add_special_tokens=special)[0])
            encoding = self._engine.encode(text, add_special_tokens=special)
        except Exception as error:
            if type(error) is not Exception:
                raise
            return False, str(error)
        return True, (encoding.ids, encoding.tokens, encoding.offsets)


def patterns(stage: object) -> Iterator[str]:
    """Give every regular expression that stands in a part of a tokenizer.json.

    Example: list(patterns({"type": "Split", "pattern": {"Regex": "a+"}})) -> ["a+"]
    """
    if isinstance(stage, dict):
        if isinstance(stage.get("Regex"), str):
            yield stage["Regex"]
        for inner in stage.values():
            yield from patterns(inner)
    elif isinstance(stage, list):
        for inner in stage:
            yield from patterns(inner)


def swells(stage: object) -> bool:
    """Say whether any part of a tokenizer.json puts more text in than it takes out.

    Example: swells({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}) -> True

    A few of these in a row make gigabytes of a short text. Counted in characters: "▁" for " " is no more.
    """
    if isinstance(stage, list):  # each ByteLevel after the first doubles what is not ASCII
        return str(stage).count("'type': 'ByteLevel'") > 1 or any(map(swells, stage))
    if not isinstance(stage, dict):
        return False
    pattern, content, before = stage.get("pattern"), stage.get("content"), stage.get("prepend")
    taken = pattern.get("String") if isinstance(pattern, dict) else None
    if isinstance(taken, str) and isinstance(content, str) and len(content) > len(taken):
        return True
    return (isinstance(before, str) and len(before) > 1) or any(map(swells, stage.values()))
