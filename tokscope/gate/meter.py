"""Meters: what counts a text as it is read, and says at which line a budget runs out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from tokscope.batches import Pieces, Progress
from tokscope.errors import InputError, NotText
from tokscope.inputs import Document
from tokscope.measure import AskedLater, Measurement, measure_media, measure_structures, of_ledger
from tokscope.report.table import most
from tokscope.tokenizer import Tokenizer


class Meter:
    r"""Counts a text as it comes, block after block, and finds the lines where budgets run out.

    Example: meter = Meter(load("char"), [3]); meter.add("ab\ncd"); meter.end() -> meter.lines {3: 2}

    `lines` maps each budget that is exceeded to the line, counted from 1, of the first token above it; None
    in what has no lines.
    """

    def __init__(self, tokenizer: Tokenizer, budgets: Sequence[int] = ()) -> None:
        self.tokenizer = tokenizer
        self.tokens = self.chars = 0
        self.lines: dict[int, int | None] = {}
        self.budgets = budgets
        self._newlines = 0
        self._pieces: Pieces | None = None  # of what comes in blocks

    @property
    def spent(self) -> bool:
        """Whether all of its budgets are exceeded."""
        return len(self.lines) == len(self.budgets)

    def add(self, block: str) -> None:
        """Take the next block.

        Example: meter = Meter(load("char")); meter.add("ab\\n"); meter.add("cd"); meter.end(); meter.tokens
        -> 5
        """
        self.chars += len(block)
        if self._pieces is None:
            self._pieces = Pieces(self.tokenizer.cut)
        if piece := self._pieces.add(block):
            self._take(piece, self.tokenizer.count(piece))

    def whole(self, text: str, tokens: int) -> None:
        """Take a text that is all there is, and has been counted.

        Example: meter = Meter(load("char")); meter.whole("ab", 2); meter.tokens -> 2
        """
        self.chars += len(text)
        self._take(text, tokens)

    def end(self) -> None:
        """Count what is left when the last block has come.

        Example: meter = Meter(load("char")); meter.add("ab"); meter.end(); meter.tokens -> 2
        """
        rest = "" if self._pieces is None else self._pieces.rest()
        self._take(rest, self.tokenizer.count(rest))

    def take(self, found: Measurement) -> None:
        """Take the count of what is not text. Raises InputError where it has none.

        Example: meter = Meter(load("gpt-4o")); meter.take(Measurement("a.png", "gpt-4o", True, 765, 0, 9));
        meter.tokens -> 765
        """
        problem = found.problem or (found.media.note if found.media and found.media.least else "")
        if problem:
            named = problem.startswith(f"{self.tokenizer.shown} ")  # "... rejects it"
            raise InputError(found.path, problem if named else f"{self.tokenizer.shown}: {problem}")
        self.tokens = found.tokens
        self.lines = {budget: None for budget in self.budgets if most(self.tokens) > budget}

    def _take(self, piece: str, tokens: int) -> None:
        before, self.tokens = self.tokens, self.tokens + tokens
        low, high = most(before), most(self.tokens)
        exceeded = [budget for budget in self.budgets if low <= budget < high]
        if exceeded and self.tokenizer.cuts:
            split = self.tokenizer.encode(piece)
            for budget in exceeded:
                start = split.starts[min(budget - before, len(split) - 1)]
                self.lines[budget] = 1 + self._newlines + split.source.count(b"\n", 0, start)
        elif exceeded:
            lines = piece.splitlines(keepends=True)
            for budget in exceeded:
                # the first line with which the text so far is above the budget
                number = bisect_right(
                    range(len(lines)),
                    budget - most(before),
                    key=lambda last: most(self.tokenizer.count("".join(lines[: last + 1]))),
                )
                self.lines[budget] = 1 + self._newlines + min(number, len(lines) - 1)
        self._newlines += piece.count("\n")


SMALL = 1 << 16
"""Bytes of a text that is not worth cutting into pieces."""


def small_texts(document: Document) -> list[str] | None:
    """Read a small file as the texts that are counted each by itself; None for every other document.

    Example: small_texts(Document("a.md", Decoding(), b"Hi")) -> ["Hi"]

    Raises InputError.
    """
    if document.size is None or document.size > SMALL or not document.again:
        return None
    try:
        return ["".join(text) for text in document.texts()]
    except NotText:
        return None


def run_meters(
    document: Document,
    meters: Sequence[Meter],
    progress: Progress,
    *,
    stop: bool = False,
    asked: AskedLater | None = None,
) -> bool:
    """Read a document once, with every meter; with `stop` only until the budgets of all are exceeded.

    Example: run_meters(document, [Meter(load("gpt-4o"), [4000])], progress, stop=True) -> True if it stopped

    A picture, a sound, a video or a PDF is counted by the rules that are `asked` for. Raises InputError.
    """
    structures = [meter for meter in meters if meter.tokenizer.takes_structures]
    if structures:
        _meter_structures(document, structures, progress)
        meters = [meter for meter in meters if meter not in structures]
    try:
        return bool(meters) and _meter_text(document, meters, progress, stop)
    except NotText:
        found = measure_media(document, [meter.tokenizer for meter in meters], asked)
        for meter, one in zip(meters, found, strict=True):
            meter.take(one)
    return False


def _meter_structures(document: Document, meters: Sequence[Meter], progress: Progress) -> None:
    """Count molecules or a graph. Raises InputError where a part of it is broken: it cannot be judged."""
    from tokscope.transcriber import Transcriber

    chosen = [one for meter in meters if isinstance(one := meter.tokenizer, Transcriber)]
    found = measure_structures(document, chosen, progress)
    if found.flaws:
        more = f"; and {len(found.flaws) - 1:,} more" if len(found.flaws) > 1 else ""
        raise InputError(document.path, f"{found.flaws[0].message}{more}")
    for meter, ledger in zip(meters, found.ledgers, strict=True):
        if ledger.left:
            why = f"{meter.tokenizer.shown} {ledger.problem}: --exclude leaves it out"
            raise InputError(document.path, why)
        meter.take(of_ledger(ledger, found.chars, document.bytes_read))
        meter.chars = found.chars


def _meter_text(document: Document, meters: Sequence[Meter], progress: Progress, stop: bool) -> bool:
    """Read a text with every meter, see run_meters(). Raises NotText."""
    for text in document.texts():
        for block in _growing(text):
            for meter in meters:
                meter.add(block)
            progress(document)
            if stop and all(meter.spent for meter in meters):
                return True
        for meter in meters:
            meter.end()
    return False


def _growing(blocks: Iterable[str]) -> Iterator[str]:
    """Cut the first blocks small, so that a small budget is judged on little text."""
    size = 4096
    for block in blocks:
        at = 0
        while at < len(block):
            yield block[at : at + size]
            at, size = at + size, size * 2
