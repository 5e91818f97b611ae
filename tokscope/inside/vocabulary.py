"""Vocabulary: what each id of a tokenizer stands for; searched, and compared with another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from tokscope.errors import UsageError
from tokscope.tokenizer.entries import PARTIAL, SPECIAL, Entry

T = TypeVar("T")


class Filter(NamedTuple):
    """Which tokens to keep: those for which all of it holds.

    Example: [one.id for one in Filter(grep="^ing$")([Entry(2075, b"ing", "##ing")])] -> [2075]

    `grep` is a regular expression, or with `fixed` plain text, that is searched in what a token stands for
    and in its label; a byte of no whole character is a surrogate there (U+DC80 to U+DCFF), as in os.fsdecode.
    `script` is the name of one (see Entry.script), in any case; `special` asks for special tokens only.
    """

    grep: str | None = None
    fixed: bool = False
    ignore_case: bool = False
    script: str | None = None
    special: bool = False

    def __call__(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Give the entries that it keeps, in their order. Raises UsageError for a bad pattern or script."""
        if self.special:
            entries = (entry for entry in entries if entry.special)
        if self.script is not None:
            from tokscope.text.scripts import find_script

            script = find_script(self.script, SPECIAL, PARTIAL)
            entries = (entry for entry in entries if entry.script == script)
        if self.grep is None:
            return iter(entries)
        if self.fixed:
            return filter(self._found(self.grep), entries)
        return self._searched(self.grep, list(entries))

    def _searched(self, pattern: str, entries: Sequence[Entry]) -> Iterator[Entry]:
        """Search the entries in a child process: there are patterns that take longer than anybody waits."""
        from tokscope.files.confined import Confined, Stopped

        def places() -> list[int] | str:
            try:
                found = self._found(pattern)
            except UsageError as error:
                return str(error)
            return [i for i, entry in enumerate(entries) if found(entry)]

        try:
            found = Confined(places)()
        except Stopped as reason:
            raise UsageError(f"--grep {pattern!r}: {reason}; -F searches for it as it stands") from reason
        if isinstance(found, str):
            raise UsageError(found)
        return (entries[i] for i in found)

    def _found(self, pattern: str) -> Callable[[Entry], object]:
        import regex

        flags = regex.IGNORECASE if self.ignore_case else 0
        try:
            search = regex.compile(regex.escape(pattern) if self.fixed else pattern, flags).search
        except (regex.error, RecursionError) as error:  # the latter for thousands of nested brackets
            raise UsageError(f"--grep {pattern!r}: {error}; -F searches for it as it stands") from error
        return lambda entry: (
            search(entry.data.decode(errors="surrogateescape"))
            or (entry.label is not None and search(entry.label))
        )


class Comparison(NamedTuple):
    """Two vocabularies side by side: what is in both, as pairs of entries, and what is in only one of them.

    Example: compare_vocabularies(load("cl100k_base").vocabulary(), load("o200k_base").vocabulary())
    """

    shared: Sequence[tuple[Entry, Entry]]
    left: Sequence[Entry]
    right: Sequence[Entry]

    def tally(self, trait: Callable[[Entry], T]) -> dict[T, Tally]:
        """Count the tokens that have a trait in common, in the order in which the traits first come.

        Example: compare_vocabularies(...).tally(lambda entry: len(entry.data))[1] -> Tally(shared=256,
        left=0, right=0)
        """
        counts = [
            Counter(map(trait, part)) for part in ((one for one, _ in self.shared), self.left, self.right)
        ]
        return {value: Tally(*(count[value] for count in counts)) for value in sum(counts, Counter())}


class Tally(NamedTuple):
    """How many tokens two vocabularies share, and how many only the one or the other has.

    Example: Tally(shared=256, left=0, right=44).overlap -> 256 / 300
    """

    shared: int
    left: int
    right: int

    @property
    def overlap(self) -> float | None:
        """The shared ones as a fraction of all (Jaccard's index), None where there are none at all."""
        return self.shared / sum(self) if any(self) else None


def compare_vocabularies(left: Iterable[Entry], right: Iterable[Entry]) -> Comparison:
    """Compare two vocabularies by what their tokens stand for, special tokens with special tokens.

    Example: compare_vocabularies([Entry(0, b"a"), Entry(1, b" b", "▁b")], [Entry(9, b" b")]).left ->
    [Entry(0, b"a")]

    Of several tokens of a vocabulary that stand for the same (`ing` and `##ing`) the first counts.
    """
    ours, theirs = _by_meaning(left), _by_meaning(right)
    return Comparison(
        [(entry, theirs[key]) for key, entry in ours.items() if key in theirs],
        [entry for key, entry in ours.items() if key not in theirs],
        [entry for key, entry in theirs.items() if key not in ours],
    )


def _by_meaning(entries: Iterable[Entry]) -> dict[tuple[bytes, bool], Entry]:
    found: dict[tuple[bytes, bool], Entry] = {}
    for entry in entries:
        found.setdefault((entry.data, entry.special), entry)
    return found


def octave(size: int) -> tuple[int, int]:
    """Give the class of lengths that a length in bytes is in, from its shortest to its longest.

    Example: 1, 2, 3 and 4, 5 to 8, 9 to 16, ...: octave(10) -> (9, 16)
    """
    longest = 1 << (size - 1).bit_length() if size else 0
    return longest // 2 + 1 if longest > 1 else longest, longest
