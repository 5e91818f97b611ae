"""Adaptation: finds the tokens that a domain needs and its vocabulary lacks, and judges them.

Terms are given by name. Merges are learned on the text between the terms, see candidates.py.

One part in five of the corpus is held out, only to judge by. A part is a line with the indented and empty
lines after it, as a text by itself. Its bytes decide whether it is held out, so that the same part is always
on the same side, in any file and any run.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from tokscope.backends.adapted import Adaptation, Adapted, NewToken
from tokscope.batches import Progress, read_pieces
from tokscope.engines.native import known_to_both
from tokscope.engines.ranks import Pattern
from tokscope.errors import UsageError
from tokscope.inputs import Document
from tokscope.learning.candidates import learn_additions, split_words
from tokscope.text.terms import in_word
from tokscope.vocabularies import VOCABULARIES

PARAGRAPH = re.compile(r"(?<=\n)(?=\S)")

HOLD_OUT_EVERY = 5
"""One part in this many is held out."""


class Gain(NamedTuple):
    """What a new token saves on the held-out text.

    Example: Gain("冠状动脉".encode(), 200019, True, cost=5, uses=3).saves -> 12

    `cost` is how many tokens it replaces, `uses` how often it occurs there.
    """

    data: bytes
    id: int
    term: bool
    cost: int
    uses: int

    @property
    def saves(self) -> int:
        """How many tokens it saves."""
        return self.uses * (self.cost - 1)


class Growth(NamedTuple):
    """A vocabulary that has grown: its new tokens, and the held-out text's tokens before and after.

    Example: Growth(adaptation, gains, before=1000, after=900) saves a tenth of the tokens
    """

    adaptation: Adaptation
    gains: Sequence[Gain]
    before: int
    after: int


def new_terms(base: Adapted, terms: Iterable[str]) -> tuple[list[NewToken], list[str]]:
    """Make tokens from terms; give them, and the terms that are a single token already.

    Example: new_terms(base, ["aorta"]) -> ([NewToken(b"aorta", True), NewToken(b" aorta", True)], [])

    A word of a script with spaces also gets a token with a space before it, as it occurs in texts. Raises
    UsageError for a term that is spelled like a special token of the base.
    """
    known = VOCABULARIES[base.adaptation.base]
    there = {token.data for token in base.adaptation.tokens if token.term}
    tokens: list[NewToken] = []
    single = []
    for term in terms:
        normal = unicodedata.normalize("NFC", term) if known.nfc else term
        if normal in known.special:
            raise UsageError(f"the term {term!r} is a special token of {base.adaptation.base}")
        forms = [normal, f" {normal}"] if in_word(normal[0]) else [normal]
        made = [form for form in forms if form.encode() not in there and base.count(form) > 1]
        if not made:
            single.append(term)
        tokens += [NewToken(form.encode(), True) for form in made]
        there |= {form.encode() for form in made}
    return tokens, single


class Sample:
    """One side of a corpus: how often each term occurs, and each piece between terms.

    Example: sample = Sample(tokenizer); sample.add(["an aorta"]); sample.pieces["an"] -> 1
    """

    def __init__(self, tokenizer: Adapted) -> None:
        self._tokenizer = tokenizer
        self._pattern = Pattern(VOCABULARIES[tokenizer.adaptation.base].pattern)
        self.pieces: Counter[str] = Counter()
        self.terms: Counter[str] = Counter()

    def add(self, texts: Iterable[str]) -> None:
        """Cut texts at terms, and what is between them as the base does before merging; count the pieces.

        Example: sample.add(["One text.", "Another."])
        """
        for text in texts:
            parts = self._tokenizer.parts(text)
            self.terms.update(parts[1::2])
            for part in parts[::2]:
                end = 0
                for shape in self._pattern.pieces(known_to_both(part)):
                    start, end = end, end + len(shape)
                    self.pieces[part[start:end]] += 1

    def uses(self, adaptation: Adaptation) -> Counter[tuple[bytes, bool]]:
        """Count each token in it by `adaptation`, which has the same terms; the bool marks a term.

        Example: uses(adaptation)[b" aorta", True] -> 3
        """
        found = Counter({(term.encode(), True): uses for term, uses in self.terms.items()})
        for tokens, frequency in split_words(adaptation, self.pieces):
            for token in tokens:
                found[token, False] += frequency
        return found


def grow(
    start: Adapted,
    terms: Sequence[NewToken],
    documents: Iterable[Document],
    progress: Progress,
    *,
    new_tokens: int,
    min_frequency: int,
) -> Growth:
    """Add terms and learned tokens to those of `start`, and judge them on the held-out text.

    Example: grow(start, [NewToken(b" aorta", True)], documents, progress, new_tokens=0, min_frequency=5)

    At most `new_tokens` are learned, none that occurs fewer than `min_frequency` times. Memory grows with the
    number of different pieces in the corpus. Raises InputError, and UsageError if nothing is held out.
    """
    known = start.adaptation.tokens
    with_terms = start.adaptation._replace(tokens=(*known, *terms)).tokenizer(start.name)
    training, held_out, before = _draw_samples(start, with_terms, documents, progress)
    if not before:
        raise UsageError("the corpus has too few lines: none is in the part that is held out")
    costs = {token: start.count(token.data.decode()) for token in terms}
    learned = learn_additions(with_terms.adaptation, training.pieces, new_tokens, min_frequency)
    costs |= {NewToken(data, term=False): cost for data, cost in learned.items()}
    whole = start.adaptation._replace(tokens=(*known, *costs))
    uses = held_out.uses(whole)
    gains = [
        Gain(token.data, number, token.term, cost, uses[token.data, token.term])
        for number, (token, cost) in enumerate(costs.items(), whole.first_id + len(known))
    ]
    judged = (NewToken(gain.data, gain.term, gain.saves) for gain in gains)
    return Growth(whole._replace(tokens=(*known, *judged)), gains, before, uses.total())


def _draw_samples(
    start: Adapted, with_terms: Adapted, documents: Iterable[Document], progress: Progress
) -> tuple[Sample, Sample, int]:
    """Read the corpus; give what to train on, what is held out, and how many tokens of `start` that has."""
    training, held_out = Sample(with_terms), Sample(with_terms)
    before = 0
    for document in documents:
        for parts in _parts_of_document(document, progress):
            sides: tuple[list[str], list[str]] = ([], [])
            for part in parts:
                sides[crc32(part.encode()) % HOLD_OUT_EVERY == 0].append(part)
            training.add(sides[0])
            held_out.add(sides[1])
            before += sum(start.count_all(sides[1]))
    return training, held_out, before


def _parts_of_document(document: Document, progress: Progress) -> Iterator[list[str]]:
    """Read a document as lists of parts, as the module describes them. A whole line is in memory."""
    for _, piece in read_pieces(document, [PARAGRAPH], progress):
        yield PARAGRAPH.split(piece)
