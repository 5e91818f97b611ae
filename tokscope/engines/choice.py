"""The engines that turn text into byte-level BPE tokens, and which one serves which text.

All give the same ids as tiktoken; they differ in what they cost to start and how fast they run then.
Measured with o200k_base, Python 3.11 (start-up; then on one core for each MB of prose and code):

    Merges     textbook merges over the memory-mapped vocabulary   0.01 s   0.25 s
    Splintr    splintr-rs, its own vocabularies and some of ours   0.15 s   0.010 s
    Toktok     toktok-rs, where it has the vocabulary; counts only 0.35 s   0.005 s
    Tiktoken   tiktoken's Rust core, built from what ships         0.25 s   0.10 s

So a tokenizer begins with Merges and changes to a native engine once the text it was given, all in all,
has reached the size at which starting one pays: NATIVE_FROM characters. From TOKTOK_FROM on, Toktok makes up
for its start. Tiktoken serves the vocabularies and the texts that the others do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

from tokscope.engines.rank_merges import Merges, RankedPiece
from tokscope.engines.ranks import Pattern, Ranks

if TYPE_CHECKING:
    from tokscope.engines.native import Splintr, Tiktoken, Toktok

NATIVE_FROM = 500_000
"""How many characters a tokenizer cuts with Merges before a native engine is worth its start-up."""

TOKTOK_FROM = 48_000_000
"""From how many characters on Toktok is faster than Splintr, its start-up included."""


class Engines:
    """Every engine of one vocabulary, each started when it is first needed, and the choice among them.

    Example: Engines("o200k_base", ranks, pattern).ids("Hello world") -> [13225, 2375]

    `offset` is added to every rank to give an id. The native engines are imported when one is needed.
    """

    def __init__(self, name: str, ranks: Ranks, pattern: Pattern, offset: int = 0) -> None:
        self._name = name
        self._ranks = ranks
        self._pattern = pattern
        self._offset = offset
        self._known = pattern.known
        self._seen = 0  # characters that came so far
        self._expected = 0  # characters that somebody said would come

    @cached_property
    def merges(self) -> Merges:
        """Textbook merges."""
        return Merges(self._ranks, self._pattern)

    @cached_property
    def splintr(self) -> Splintr:
        """splintr-rs. Raises KeyError for a vocabulary that it lacks.

        Example: load("gpt2")._engines.splintr.ids("Hello world") -> [15496, 995]
        """
        from tokscope.engines.native import Splintr

        return Splintr(self._name)

    @cached_property
    def toktok(self) -> Toktok:
        """toktok-rs. Raises KeyError for a vocabulary that it lacks.

        Example: engines.toktok.count_all(["Hello world"]) -> [2]
        """
        from tokscope.engines.native import Toktok

        return Toktok(self._name)

    @cached_property
    def tiktoken(self) -> Tiktoken:
        """tiktoken, which has every vocabulary.

        Example: engines.tiktoken.ids("Hello world") -> [13225, 2375]
        """
        from tokscope.engines.native import Tiktoken

        return Tiktoken(self._ranks, self._pattern)

    def expect(self, chars: int) -> None:
        """Announce that about `chars` more characters are to come.

        Example: engines.expect(1_000_000), before a megabyte of text is counted
        """
        self._expected += chars

    def see(self, chars: int) -> None:
        """Note that `chars` characters have come, before they are cut or counted.

        Example: engines.see(len(text)); engines.count_all([text])
        """
        self._seen += chars

    @property
    def many(self) -> bool:
        """Whether so much came so far, or will come, that native engines do the work."""
        return max(self._seen, self._expected) > NATIVE_FROM or not self._known

    def few(self, part: str) -> list[RankedPiece] | None:
        """Cut a part with Merges, if few characters came so far, or will come, and Merges takes it.

        Example: engines.few("Hello world") -> [([13225], [5]), ([2375], [6])]
        """
        if self.many:
            return None
        return self.merges.cut(part) if self.merges.takes(part) else None

    def count_all(self, parts: Sequence[str]) -> list[int]:
        """Count the tokens of each part with the native engine that is the fastest of those that take it.

        Example: engines.count_all(["Hello world", ""]) -> [2, 0]
        """
        from tokscope.engines.native import Splintr, Toktok

        engines: list[Callable[[], Splintr | Tiktoken]] = [lambda: self.tiktoken]
        if self._name in Splintr.VOCABULARIES:
            engines.insert(0, lambda: self.splintr)
        left = list(enumerate(parts))
        counts = [0] * len(parts)
        if self._name in Toktok.VOCABULARIES and max(self._seen, self._expected) >= TOKTOK_FROM:
            whole = list(map(self.toktok.takes, parts))
            if all(whole):  # as most batches are
                return self.toktok.count_taken(parts)
            every = [
                (i, one, takes)
                for i, part in left
                for one, takes in ([(part, True)] if whole[i] else self.toktok.parted(part))
            ]
            mine = [(i, one) for i, one, takes in every if takes]
            for (i, _), count in zip(mine, self.toktok.count_taken([one for _, one in mine]), strict=True):
                counts[i] += count
            left = [(i, one) for i, one, takes in every if not takes]
        for engine in engines:  # each takes what the ones before it did not
            if not left:
                break
            takes = [engine().takes(part) for _, part in left]
            taken = list(compress(left, takes))
            for (i, _), count in zip(taken, engine().count_all([part for _, part in taken]), strict=True):
                counts[i] += count
            left = [one for one, mine in zip(left, takes, strict=True) if not mine]
        return counts

    def ids_all(self, parts: Sequence[str]) -> list[Sequence[int]]:
        """Give the ids of each part's tokens, by a native engine on all cores.

        Example: engines.ids_all(["Hello world", ""]) -> [[13225, 2375], []]
        """
        if not parts:  # no engine is started for nothing
            return []
        from tokscope.engines.native import Splintr

        splintr = self.splintr if self._name in Splintr.VOCABULARIES else None
        taken = [splintr is not None and splintr.takes(part) for part in parts]
        if splintr is not None and all(taken):
            return splintr.ids_all(parts)
        mine = iter(splintr.ids_all(list(compress(parts, taken))) if splintr else ())
        others = iter(self._by_tiktoken([part for part, take in zip(parts, taken, strict=True) if not take]))
        return [next(mine if take else others) for take in taken]

    def _by_tiktoken(self, parts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Give the ids of each part's tokens by tiktoken, which is started only where there is a part."""
        if not parts:
            return ()
        found = self.tiktoken.ids_all(parts)
        return [[rank + self._offset for rank in ranks] for ranks in found] if self._offset else found

    def ids(self, part: str) -> list[int]:
        """Give the ids of a part's tokens, by a native engine.

        Example: engines.ids("Hello world") -> [13225, 2375]
        """
        from tokscope.engines.native import Splintr

        if self._name in Splintr.VOCABULARIES and self.splintr.takes(part):
            return self.splintr.ids(part)
        return list(self._by_tiktoken([part])[0])

    def each(self) -> Mapping[str, Callable[[Sequence[str]], list[int]]]:
        """Give each engine that has the vocabulary by itself, whatever the size of the text.

        Example: engines.each()["merges"](["Hello world"]) -> [2]
        """
        from tokscope.engines.native import Splintr, Toktok

        found: dict[str, Callable[[Sequence[str]], list[int]]] = {
            "merges": lambda texts: [self.merges.count(text) for text in texts]
        }
        if self._name in Splintr.VOCABULARIES:
            found["splintr"] = lambda texts: self.splintr.count_all(texts)
        if self._name in Toktok.VOCABULARIES:
            found["toktok"] = lambda texts: self.toktok.count_all(texts)
        found["tiktoken"] = lambda texts: self.tiktoken.count_all(texts)
        return found
