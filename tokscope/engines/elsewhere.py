"""An engine of the `tokenizers` library that encodes in a child process: its patterns are somebody else's.

A regular expression of a tokenizer.json can take longer than anybody waits, and its library takes the process
with it where it breaks down. Patterns that ship with a vocabulary of ours are known to do neither.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tokscope.engines.refusals import of_panic
from tokscope.files.confined import Confined, Stopped


class Encoded(NamedTuple):
    """What an Encoding of `tokenizers` says, as far as it is asked for.

    Example: Encoded([72], ["i"], [(1, 2)]).offsets -> [(1, 2)]
    """

    ids: list[int]
    tokens: list[str]
    offsets: list[tuple[int, int]]


class Elsewhere:
    """An engine like the one it is made of; encode, encode_batch_fast, decode and normalized run in a child.

    Example: Elsewhere(engine, fail).encode("Hello").ids

    `fail` is told why a call was given up, and raises what is to be raised.
    """

    def __init__(self, engine: Any, fail: Callable[[str], Exception]) -> None:
        self._engine = engine
        self._fail = fail
        self._run = Confined(self._call)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def encode(self, text: str, add_special_tokens: bool = True) -> Encoded:
        """Encode a text.

        Example: Elsewhere(engine, fail).encode("Hello world").tokens -> ["Hello", "Ġworld"]
        """
        ids, tokens, offsets = self._asked("encode", text, add_special_tokens)
        return Encoded(ids, tokens, [(start, end) for start, end in offsets])

    def encode_batch_fast(self, texts: Sequence[str], add_special_tokens: bool = True) -> list[range]:
        """Encode texts without their offsets: what is given has the length of each.

        Example: list(map(len, Elsewhere(engine, fail).encode_batch_fast(["Hello world", ""]))) -> [2, 0]
        """
        return [range(self._asked("count", text, add_special_tokens)) for text in texts]

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        """Decode ids.

        Example: Elsewhere(engine, fail).decode([15496, 995]) -> "Hello world"
        """
        return str(self._asked("decode", list(ids), skip_special_tokens))

    def normalized(self, texts: Sequence[str]) -> list[str]:
        """Normalize texts.

        Example: Elsewhere(engine, fail).normalized(["Hello"]) -> ["hello"], where the tokenizer lowercases
        """
        return list(self._asked("normalized", list(texts)))

    def _asked(self, what: str, *arguments: Any) -> Any:
        try:
            done, said = self._run(what, *arguments)
        except Stopped as reason:
            raise self._fail(str(reason)) from reason
        if not done:
            raise Exception(said)  # as the library itself does
        return said

    def _call(self, what: str, given: Any, flag: bool = False) -> tuple[bool, Any]:
        """Do in the child what was asked for; False comes before what the library says against it."""
        engine = self._engine
        try:
            if what == "count":
                return True, len(engine.encode_batch_fast([given], add_special_tokens=flag)[0])
            if what == "decode":
                return True, engine.decode(given, skip_special_tokens=flag)
            if what == "normalized":
                return True, [engine.normalizer.normalize_str(text) for text in given]
            encoding = engine.encode(given, add_special_tokens=flag)
        except BaseException as error:  # a panic is not an Exception
            if why := of_panic(error):
                return False, why
            if type(error) is not Exception:
                raise
            return False, str(error)
        return True, (encoding.ids, encoding.tokens, encoding.offsets)


def patterns(stage: object) -> Iterator[str]:
    """Give every regular expression that is in a part of a tokenizer.json.

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


def swells(*stages: object) -> bool:
    """Say whether stages that follow each other may make much of a short text.

    Example: swells({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}) -> True

    A few that put in more than they take out make gigabytes, one after the other. A stage that is not known
    to be harmless counts as harmful, and so do very many stages. What is counted are characters: "▁" for " "
    is no more.
    """
    found = [one for stage in stages for one in _all_stages(stage)]
    kinds = [one["type"] for one in found]
    return (
        len(found) > MAX_STAGES
        or any(kinds.count(kind) > 1 for kind in ONCE)
        or not all(map(_keeps_length, found))
    )


MAX_STAGES = 100
"""More stages than any tokenizer has."""

ONCE = ("ByteLevel", "Precompiled")
"""What may be there once: each ByteLevel doubles what is not ASCII, a table says itself what it does."""

TAME = frozenset(
    {
        *("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Nmt", "BertNormalizer"),
        *("BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "Split", "Metaspace"),
        *("CharDelimiterSplit", "UnicodeScripts", "FixedLength", "ByteLevel", "Sequence"),
        *("WordPiece", "ByteFallback", "Fuse"),
    }
)
"""What puts in at most some characters for each that it takes out, however often it is done."""

MAX_EXPANSION = 64
"""Bytes that a table of normalization puts in for a character; NFKC makes 33 of U+FDFA."""


def _keeps_length(stage: Mapping[str, Any]) -> bool:
    """Say whether a stage puts in no more than it takes out, or not much more."""
    match stage.get("type"):
        case "Replace":
            pattern, content = stage.get("pattern"), stage.get("content")
            taken = pattern.get("String") if isinstance(pattern, dict) else None
            if taken is None:  # a regular expression, which is looked at by itself
                return isinstance(content, str) and len(content) <= 1
            return isinstance(content, str) and 0 < len(taken) >= len(content)
        case "Prepend":
            return len(str(stage.get("prepend"))) <= 1
        case "BPEDecoder":
            return bool(stage.get("suffix"))
        case "CTC":
            return bool(stage.get("word_delimiter_token"))
        case "Precompiled":
            table = base64.b64decode(str(stage.get("precompiled_charsmap") or ""))
            strings = table[4 + int.from_bytes(table[:4], "little") :]
            return max(map(len, strings.split(b"\0"))) <= MAX_EXPANSION
        case kind:
            return isinstance(kind, str) and kind in TAME


def _all_stages(stage: object) -> Iterator[Mapping[str, Any]]:
    """Give the stages within a stage, and itself."""
    if isinstance(stage, dict):
        if "type" in stage:
            yield stage
        for inner in ("normalizers", "pretokenizers", "decoders"):
            for one in stage.get(inner) or ():
                yield from _all_stages(one)
