"""The native engines: libraries that cut and count as tiktoken does; choice.py chooses among them."""

from __future__ import annotations

import os
import re
import unicodedata
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from io import BytesIO
from itertools import compress, groupby, pairwise
from threading import Lock
from typing import TYPE_CHECKING, cast

from tokscope.engines.ranks import MappedRanks, Pattern, Ranks
from tokscope.errors import BrokenTokenizer, Unsupported
from tokscope.text.cuts import LINE_OR_WORD, Stretches
from tokscope.text.sought import Sought
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.patterns import GPT2_PATTERN

if TYPE_CHECKING:
    from splintr import AnyTokenizer
    from tiktoken import Encoding

_threads = {"started": False, "lost": False}
"""Whether a library of Rust has started its threads here, and whether this process was forked since then."""


def _after_fork() -> None:
    """Remember in a forked child that it has none of the threads that its parent started."""
    _threads["lost"] = _threads["started"]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


LONG_RUN = 100_000
"""Characters in a row that are not letters or digits, from which on tiktoken's regex engine may give up.

It does from about 500,000 white-space characters on, and panics.
"""


class Tiktoken:
    """tiktoken's own engine over any ranks, kept from the texts on which it panics.

    Example: Tiktoken(ranks, pattern).ids("Hello world") -> [13225, 2375]
    """

    def __init__(self, ranks: Ranks, pattern: Pattern) -> None:
        import tiktoken

        mergeable = dict(ranks.items())
        self._pattern = pattern
        try:
            self._encoding: Encoding = tiktoken.Encoding(
                "tokscope", pat_str=pattern.text, mergeable_ranks=mergeable, special_tokens={}
            )
        except ValueError as error:  # of a foreign file
            raise BrokenTokenizer(f"tiktoken cannot read its split pattern: {pattern.text[:60]}") from error

    def ids(self, text: str) -> list[int]:
        """Give the ranks of the tokens of `text`.

        Example: engines.tiktoken.ids("Hello world") -> [13225, 2375]
        """
        return list(self._ranks(text))

    def _ranks(self, text: str) -> Sequence[int]:
        """Give the ranks of the tokens of `text`, where they can be as numbers of 32 bits in one buffer."""
        if not any(len(run) >= LONG_RUN for run in re.findall(r"\W{1000,}", text)):
            ranks = self._encoding._core_bpe.encode_to_tiktoken_buffer(text, set())
            return memoryview(ranks).cast("B").cast("I")
        single = self._encoding._core_bpe.encode_single_piece
        ids: list[int] = []
        at = 0
        for piece in self._pattern.pieces(known_to_both(text)):
            ids += single(text[at : at + len(piece)].encode())
            at += len(piece)
        return ids

    def count(self, text: str) -> int:
        """Count the tokens of `text`.

        Example: engines.tiktoken.count("Hello world") -> 2
        """
        return len(self._ranks(text))

    def takes(self, text: str) -> bool:
        """Tell whether its counts are tiktoken's: they are.

        Example: engines.tiktoken.takes("any text") -> True
        """
        return True

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, on all cores.

        Example: engines.tiktoken.count_all(["Hello world", ""]) -> [2, 0]
        """
        return list(map(len, self.ids_all(texts)))

    def ids_all(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Give the ranks of the tokens of each text, on all cores.

        Example: engines.tiktoken.ids_all(["Hello world", ""]) -> [[13225, 2375], []]
        """
        if len(texts) < 2:
            return list(map(self._ranks, texts))
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the engine lets go of the interpreter's lock
            return list(pool.map(self._ranks, texts))


STAND_INS = {
    "Lu": "A",
    "Ll": "a",
    "Lt": "ǅ",
    "Lm": "ʰ",
    "Lo": "ƻ",
    "M": "\u0301",
    "N": "²",
    "P": "—",
    "S": "€",
}
"""A character of each category that the split patterns name."""


def known_to_both(text: str) -> str:
    """Put another character of its category, as Rust sees it, for each that `regex` may see otherwise.

    Example: known_to_both("a\u0295") -> "aa", since to Rust's Unicode 16 U+0295 is a lower-case letter

    A split pattern then cuts the result where tiktoken cuts `text`. What Rust knows no category of becomes
    U+0378, which has none anywhere.
    """
    strange = {char for char in set(text) if unicodedata.category(char) == "Cn" or char == "\u0295"}
    if not strange:
        return text
    import tiktoken

    bytes_only = {bytes([byte]): byte for byte in range(256)}
    table = dict.fromkeys(map(ord, strange), "\u0378")
    for category, stand_in in STAND_INS.items():
        rust = tiktoken.Encoding(
            category, pat_str=rf"\p{{{category}}}", mergeable_ranks=bytes_only, special_tokens={}
        )
        found = bytes(rust.encode_ordinary("".join(strange))).decode()
        table |= dict.fromkeys(map(ord, found), stand_in)
    return text.translate(table)


class Splintr:
    """splintr-rs: the vocabularies that it has compiled in, ready where they lie in memory, and others.

    Example: Splintr("gpt2").ids("Hello world") -> [15496, 995]
    """

    VOCABULARIES: Mapping[str, str | None] = {
        "cl100k_base": "cl100k_base",
        "o200k_base": "o200k_base",
        "o200k_harmony": "gpt-oss",
        "qwen2.5": "qwen3",
        "deepseek": "deepseek_v3",
        "tekken": "mistral_v3",
        **dict.fromkeys(("gpt2", "r50k_base", "p50k_base", "p50k_edit", "qwen3.5")),
    }
    """Ours -> its own; None where it gets our ranks, and knows the pattern."""

    def __init__(self, name: str) -> None:
        self._tokenizer = _splintr(name)
        # What encode_batch_flat takes for special tokens, some of them splintr's own; no other call uses
        # every core.
        self._special = tuple(self._tokenizer.special_tokens()) if self.VOCABULARIES[name] else ()
        self._sought = Sought(self._special)

    def takes(self, text: str) -> bool:
        """Tell whether its ids are tiktoken's: they are, except where a long s follows an apostrophe.

        Example: Splintr("gpt2").takes("it'\\u017f") -> False

        To o200k's pattern these two are a contraction, as 's is; splintr 0.22 does not always see it.
        """
        return "'\u017f" not in text

    def ids(self, text: str) -> list[int]:
        """Give the ids of the tokens of `text`, which are the ranks plus the vocabulary's offset.

        Example: Splintr("gpt2").ids("Hello world") -> [15496, 995]
        """
        return self._tokenizer.encode_ordinary(text)

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, on all cores. Raises Unsupported for one that it does not take.

        Example: Splintr("gpt2").count_all(["Hello world", ""]) -> [2, 0]
        """
        return list(map(len, self.ids_all(texts)))

    def ids_all(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Give the ids of each text's tokens, on all cores. Raises Unsupported as count_all does.

        Example: Splintr("gpt2").ids_all(["Hello world", ""]) -> [[15496, 995], []]
        """
        if not all(map(self.takes, texts)):
            raise Unsupported("splintr: it may miss the contraction of an apostrophe and a long s")
        ordinary = [
            not maybe or not any(map(text.__contains__, self._special))
            for text, maybe in zip(texts, self._sought.maybe_in(texts), strict=True)
        ]
        found = on_all_cores(self._tokenizer, list(compress(texts, ordinary)))
        if all(ordinary):
            return found
        each = iter(found)
        return [next(each) if plain else self.ids(text) for text, plain in zip(texts, ordinary, strict=True)]


@cache
def _splintr(name: str) -> AnyTokenizer:
    """Load a vocabulary, once for all tokenizers: what splintr merges with is slow to make."""
    import splintr

    if own := Splintr.VOCABULARIES[name]:
        return splintr.Tokenizer.from_pretrained(own)
    ours = VOCABULARIES[name]
    lines = BytesIO()  # and no list, which would take as much memory as the vocabulary
    lines.writelines(
        b"%b %d\n" % (b2a_base64(token, newline=False), rank)
        for token, rank in MappedRanks(ours.path).items()
    )
    # GPT-2's pattern as OpenAI published it; tiktoken's says the same with quantifiers that splintr lacks.
    pattern = splintr.GPT2_PATTERN if ours.pattern == GPT2_PATTERN else ours.pattern
    return cast("AnyTokenizer", splintr.Tokenizer.from_bytes(lines.getvalue(), pattern, {}))


_NEWER = [
    (first, re.compile(re.escape(first) + following))
    for first, following in (
        (b"\xe0", rb"(?:\xa2\x8f|[\xb1\xb3]\x9c)"),
        (b"\xe1", rb"\xab"),
        (b"\xea", rb"\x9f"),
        (
            b"\xf0",
            rb"(?:\x90[\xa5\xbb]|\x91[\xad\xb6\xb7]|\x96[\xba\xbb\xbf]|\x98[\x9f\xb4\xb6\xb7]"
            rb"|\x9e\x9b|\xab\x9c|\xac\xba|[\xb2\xb3])",
        ),
    )
]
"""How the UTF-8 begins of the 4,699 letters, marks and numbers of Unicode 17 (DerivedAge.txt), and few more.

The first byte stands by itself: most texts hold none, and to find that out is far quicker than to search.
"""


def on_all_cores(tokenizer: AnyTokenizer, texts: Sequence[str]) -> list[Sequence[int]]:
    """Give the ids of each text's tokens by one of splintr's tokenizers; text that looks special is special.

    Example: on_all_cores(splintr.Tokenizer.from_pretrained("gpt-4o"), ["Hello"]) -> [[13225]]

    A forked process lacks the threads for that, and would wait for them.
    """
    if _threads["lost"] or not texts:
        return list(map(tokenizer.encode_ordinary, texts))
    _threads["started"] = True
    ids, offsets = tokenizer.encode_batch_flat(list(texts))
    numbers = memoryview(ids).cast("I")
    return [numbers[start:end] for start, end in pairwise(memoryview(offsets).cast("Q"))]


_loading = Lock()
"""Held while toktok loads a vocabulary: two calls that come at once would load it twice."""


class Toktok:
    """toktok-rs: the vocabularies that it has compiled in, counted without making ids.

    Example: Toktok("o200k_base").count_all(["Hello world"]) -> [2]
    """

    VOCABULARIES: Mapping[str, str] = {
        "cl100k_base": "cl100k_base",
        "o200k_base": "o200k_base",
        "o200k_harmony": "o200k_base",
    }
    """Ours -> its own. Not its qwen3.5, which splits by Qwen2's pattern."""

    def __init__(self, name: str) -> None:
        import toktok

        self._name = self.VOCABULARIES[name]
        self._count: Callable[..., list[int]] = toktok.batch_count
        self._calls: list[None] = []  # those that are at work

    def takes(self, text: str) -> bool:
        """Tell whether its counts are tiktoken's: toktok 0.3 knows Unicode 17, and tiktoken 0.14 Unicode 16.

        Example: Toktok("o200k_base").takes("Hello") -> True

        In a process that was forked it would wait for threads that are not there.
        """
        if _threads["lost"]:
            return False
        if text.isascii():
            return True
        data = text.encode()
        return not any(first in data and newer.search(data) for first, newer in _NEWER)

    def parted(self, text: str) -> Iterable[tuple[str, bool]]:
        """Cut a text so that what it does not take stands alone, or with a few words: (part, whether taken).

        Example: list(toktok.parted("A line. " * 1000 + "\u088f")) has two parts, the last a short one, False

        Its vocabularies' patterns allow all cuts of LINE_OR_WORD; backends/bpe/byte_level.py has the proof.
        """
        if _threads["lost"]:
            return [(text, False)]
        if self.takes(text):
            return [(text, True)]
        few_words = Stretches(LINE_OR_WORD, 1_000).parts(text)
        return (("".join(alike), taken) for taken, alike in groupby(few_words, self.takes))

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, on all cores. Raises Unsupported for one that it does not take.

        Example: Toktok("o200k_base").count_all(["Hello world", ""]) -> [2, 0]
        """
        if not all(map(self.takes, texts)):
            raise Unsupported(
                "toktok: it knows a later Unicode than tiktoken, and may cut this text differently"
            )
        return self.count_taken(texts)

    def count_taken(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of texts that it is known to take, without another look at them.

        Example: Toktok("o200k_base").count_taken(["Hello world", ""]) -> [2, 0]

        Two calls at a time keep the cores busier than one: each makes strings of its texts on one core first.
        """
        _threads["started"] = True
        with _loading:
            self._count((), self._name)  # loads it the first time
        self._calls.append(None)
        try:
            # Its caches are for as many threads as there are cores; more threads would go without, and crawl.
            threads = 0 if len(self._calls) == 1 else (1 + (os.cpu_count() or 1)) // 2
            return self._count(texts, self._name, threads)
        finally:
            self._calls.pop()
