"""Document x Tokenizer -> Measurement: the figures, before anyone prints them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tokscope.batches import Progress
from tokscope.errors import TokenizerError
from tokscope.inputs import Document
from tokscope.inputs.binary import named_binary
from tokscope.registry import model_in
from tokscope.report.table import AtLeast, Estimate, bounds
from tokscope.tokenizer import MEDIA_KINDS, Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.media.counting import MediaCount
    from tokscope.media.rules import Asked
    from tokscope.structure_files.ledger import Balance, Ledger
    from tokscope.transcriber import Transcriber


class Measurement(NamedTuple):
    """How long one text, or one file of another kind, is for one tokenizer.

    Example: Measurement("a.md", "byte", True, 5, 5, 5).figure -> 5

    `tokens` are the tokenizer's, `chars` code points, `bytes` those of the file as it was read. `media` is
    what is known of a picture, a sound, a video or a PDF, `structures` what is of molecules and graphs. A
    `problem` says why there is no figure; `tokens` are then 0, to be added to others that are "at least",
    unless it is `told` elsewhere. `added` is what the maker's API adds around a text, and is
    not in `tokens`.
    """

    path: str
    tokenizer: str
    exact: bool
    tokens: int
    chars: int
    bytes: int
    media: MediaCount | None = None
    problem: str = ""
    told: bool = False
    structures: Mapping[str, object] = MappingProxyType({})
    added: int = 0

    @property
    def figure(self) -> int:
        """The tokens as they are added up: marked where they are an estimate, or lack something.

        Example: Measurement("a.md", "byte", True, 5, 5, 5).figure -> 5
        """
        if self.told:
            return self.tokens
        return AtLeast(self.tokens) if self.problem else Estimate.unless(self.exact, self.tokens)

    @property
    def cell(self) -> int | str:
        """The tokens as a table shows them, or in a few words why there are none."""
        return first_words(self.problem) if self.problem else self.figure

    @property
    def fields(self) -> dict[str, object]:
        """The measurement in JSON.

        Example: Measurement("a.md", "byte", True, 5, 5, 5).fields["tokens"] -> 5
        """
        found: dict[str, object] = dict(zip(self._fields[:6], self, strict=False))
        if self.media is not None:
            low, high = (self.tokens if end is None else end for end in bounds(self.tokens))
            found |= {"chars": None, "low": int(low), "high": int(high)}
            found |= {name: value for name, value in self.media._asdict().items() if name in _OF_MEDIA}
        found |= self.structures
        if self.added:
            found["added"] = self.added
        if self.problem:
            nothing = dict.fromkeys({"tokens", "low", "high"} & found.keys())
            found |= {**nothing, "exact": False, "error": self.problem}
        return found


_OF_MEDIA = ("kind", "width", "height", "seconds", "pages", "frames", "rule", "as_of", "source", "note")


def first_words(problem: str) -> str:
    """Give the first words of a problem, for a cell.

    Example: first_words("claude-opus-5-5 rejects it: a side of 9,000 pixels; at most 8,000") -> "rejected"
    """
    if " rejects it: " in problem:
        return "rejected"
    return re.split("[:,;]", problem)[0]


def add_up(figures: Iterable[int]) -> int:
    """Add up figures; the sum lacks what one of them lacks.

    Example: add_up([1, AtLeast(2), Estimate(3)]) -> AtLeast(6)
    """
    known = list(figures)
    total = sum(known)
    return AtLeast(total) if any(isinstance(one, AtLeast) for one in known) else total


AskedLater = Callable[[], "Asked"]
"""Gives by which rules what is not text is counted, where there is such a thing."""


def measure_media(
    document: Document, tokenizers: Sequence[Tokenizer], asked_later: AskedLater | None = None
) -> list[Measurement]:
    """Count a picture, a sound, a video or a PDF for each tokenizer, by its model's rule.

    Example: measure_media(photo, [load("gpt-4o"), load("char")])[1].problem -> "no picture rule; takes
    text: tokscope list picture names models with one"

    Raises InputError for a file that is damaged.
    """
    from tokscope.media.joined import count_file, measure_file
    from tokscope.media.rules import Asked

    asked = asked_later() if asked_later else Asked()
    with document.opened() as source:
        medium = measure_file(source)
        size = medium.size if document.at_hand else 0
        found = []
        for one in tokenizers:
            try:
                count = count_file(source, medium, one, asked, model_in(one.shown))
            except TokenizerError as error:  # not this detail
                row = Measurement(document.path, one.name, False, 0, 0, size, None, str(error))
            else:
                row = _of_media(document.path, one, size, count)
            found.append(row)
    return found


def _of_media(path: str, tokenizer: Tokenizer, size: int, count: MediaCount) -> Measurement:
    """Make a measurement of what a file is to a model."""
    if count.tokens is None:
        problem = count.rejected or count.note.partition(": ")[2]
        return Measurement(path, tokenizer.name, False, 0, 0, size, count, problem)
    tokens = count.tokens
    if count.least:
        tokens = AtLeast(tokens if count.low is None else count.low)
    elif not count.exact:  # one reading alone is not an interval
        ends = (count.low, count.high) if count.low != count.high else (None, None)
        tokens = Estimate(tokens, *ends)
    return Measurement(path, tokenizer.name, count.exact, tokens, 0, size, count)


def takes(tokenizers: Sequence[Tokenizer]) -> Callable[[Document], bool]:
    """Make what says whether one of these takes a file that is not text, by its kind; or an empty one's name.

    Example: takes([load("whisper")])(document_of_an_mp3) -> True
    """
    own = {kind for one in tokenizers for kind in one.takes if kind in MEDIA_KINDS}
    return taken_by([one.shown for one in tokenizers], own)


def taken_by(models: Sequence[str], own: Set[Kind] = frozenset()) -> Callable[[Document], bool]:
    """Make what says whether a file is of a kind that one of these models takes, or of the kinds in `own`.

    Example: taken_by(["gpt-4o"])(Document("a.gif", Decoding(), b"GIF89a\\1\\0\\1\\0\\0\\0\\0")) -> True
    """

    def taken(document: Document) -> bool:
        from tokscope.media.joined import has_rule

        kinds = {kind for kind in MEDIA_KINDS if any(has_rule(model_in(one), kind) for one in models)} | own
        broken = not document.size and named_binary(document.path)
        return bool(kinds) and (broken or document.kind in kinds)

    return taken


def measure_structures(document: Document, tokenizers: Sequence[Transcriber], progress: Progress) -> Balance:
    """Count the molecules or the graph of a document; see structure_files.ledger. Raises InputError.

    Example: measure_structures(Document("a.smi", Decoding(), b"CCO\\n"), [load("smiles")],
    progress).ledgers[0].tokens -> 3
    """
    from tokscope.structure_files.ledger import count_structures

    return count_structures(document, tokenizers, progress)


def of_ledger(ledger: Ledger, chars: int, size: int) -> Measurement:
    """Make a measurement of what a file is to a tokenizer of structures.

    Example: one = Ledger(load("smiles"), "a.smi"); one.add(Molecule("CCO")); of_ledger(one, 3, 4).tokens -> 3

    One that holds none, and flaws that are told by themselves, has no figure; one with some has at least it.
    """
    one = ledger.transcriber
    problem, told = ledger.problem, ledger.left
    if not ledger.structures and ledger.flawed:
        problem, told = f"no {one.kind} that can be read", True
    tokens = AtLeast(ledger.tokens) if ledger.flawed else ledger.tokens
    exact = one.exact and not ledger.flawed
    return Measurement(
        *(ledger.path, one.name, exact, tokens, chars, size, None), problem, told, ledger.fields
    )
