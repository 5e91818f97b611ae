"""Deltas: what became of the tokens of texts, by a change or by another tokenizer."""

from __future__ import annotations

from collections import Counter as Lines
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from tokscope.batches import Progress
from tokscope.errors import InputError, Problem, reporting
from tokscope.gate.pairs import Pair
from tokscope.inputs import Document
from tokscope.measure import AskedLater, Measurement
from tokscope.measure.counter import Counter
from tokscope.report.table import Estimate, bounds
from tokscope.tokenizer import Tokenizer


class Delta(NamedTuple):
    """What became of the tokens of one text.

    Example: Delta("a.md", None, "changed", "o200k_base", True, before=212, tokens=302).delta -> 90
    """

    path: str
    old: str | None
    change: str | None
    tokenizer: str
    exact: bool
    before: int
    tokens: int
    changed: int | None = None

    @property
    def delta(self) -> int:
        """How many tokens more there are now; an estimate's bounds are those of the lines that changed.

        Example: Delta("a.md", None, "changed", "o200k_base", True, before=212, tokens=302).delta -> 90
        """
        delta, changed = self.tokens - self.before, self.changed
        if changed is None or not isinstance(delta, Estimate):
            return delta
        low, high = bounds(changed)
        return delta if low is None or high is None else Estimate(delta, min(low, delta), max(high, delta))


def count_pairs(
    pairs: Iterable[Pair],
    tokenizers: Sequence[Tokenizer],
    report: Problem,
    progress: Progress,
    asked: AskedLater | None = None,
    say: Callable[[str], None] = lambda note: None,
) -> list[Delta]:
    """Count both sides of every pair; what cannot be read is reported, and left out with its other side.

    Example: count_pairs(find_pairs(["HEAD"], search), [load("gpt-4o")], print, progress)[0].delta -> 90

    What no figure includes goes to `say`. It is long because both sides share what is known of a pair.
    """
    counters = Counter(tokenizers, asked), Counter(tokenizers, asked)
    orders: tuple[dict[str, int], dict[str, int]] = ({}, {})  # by path: which pair a counter has counted
    known: list[Pair] = []
    failed: set[int] = set()
    changed: dict[tuple[int, int], int] = {}

    def refuse(number: int, error: InputError) -> None:
        report(error)
        failed.add(number)

    for number, pair in enumerate(pairs):
        changed |= {(number, i): estimate for i, estimate in _changed(pair, tokenizers)}
        known.append(pair._replace(before=None, after=None))
        for counter, order, document in zip(counters, orders, (pair.before, pair.after), strict=True):
            if document is not None:
                with reporting(partial(refuse, number)):
                    counter.add(document, progress)
                    order[document.path] = number

    def uncounted(error: InputError) -> None:
        report(error)
        failed.update(order[error.path] for order in orders if error.path in order)

    before, after = (
        {(order[row[0].path], i): one for row in counter.results(uncounted) for i, one in enumerate(row)}
        for order, counter in zip(orders, counters, strict=True)
    )
    for note in dict.fromkeys(note for counter in counters for note in counter.notes):
        say(note)
    deltas = (
        _delta(pair, one, [side.get((number, i)) for side in (before, after)], changed.get((number, i)))
        for number, pair in enumerate(known)
        for i, one in enumerate(tokenizers if number not in failed else ())
    )
    return [delta for delta in deltas if delta is not None]


def _delta(
    pair: Pair, one: Tokenizer, sides: Sequence[Measurement | None], changed: int | None
) -> Delta | None:
    """Put together what a tokenizer counts before and after, 0 for none; None where it takes neither."""
    there = [side for side in sides if side is not None]
    if all(side.problem for side in there):
        return None
    exact = all(side.exact for side in there) if there else one.exact
    before, after = (0 if side is None else side.tokens for side in sides)
    name = one.shown if any(side.media for side in there) else one.name
    return Delta(pair.path, pair.old, pair.change, name, exact, before, after, changed)


def _changed(pair: Pair, tokenizers: Sequence[Tokenizer]) -> Iterator[tuple[int, int]]:
    """Estimate what the lines that came are more than those that went, by the tokenizers that estimate.

    What stands on both sides errs to the same side: a difference of two estimates would count that twice.
    """
    estimating = [(i, one) for i, one in enumerate(tokenizers) if one.stand_in is not None]
    sides = [side for side in (pair.before, pair.after) if side is not None and side.again]
    if not estimating or len(sides) < 2:  # a pipe is read only once
        return
    try:
        before, after = (
            Lines(line for text in side.texts() for line in "".join(text).splitlines(keepends=True))
            for side in sides
        )
    except InputError:  # which is reported when it is counted
        return
    gone, come = ("".join((one - other).elements()) for one, other in ((before, after), (after, before)))
    for i, one in estimating:
        yield i, one.count(come) - one.count(gone)


def tokenizer_deltas(
    texts: Iterable[Document],
    one: Tokenizer,
    two: Tokenizer,
    report: Problem,
    progress: Progress,
    asked: AskedLater | None = None,
    say: Callable[[str], None] = lambda note: None,
) -> list[Delta]:
    """Count the same texts by two tokenizers: what changing from one to the other would do.

    What no figure includes goes to `say`.

    Example: tokenizer_deltas([document], load("gpt-4"), load("gpt-4o"), report, progress)[0].delta -> -162
    """
    counter = Counter([one, two], asked)
    for document in texts:
        with reporting(report):
            counter.add(document, progress)
    rows = counter.results(report)
    for note in counter.notes:
        say(note)
    return [
        Delta(before.path, None, None, two.name, after.exact, before.tokens, after.tokens)
        for before, after in rows
        if not (before.problem or after.problem)
    ]
