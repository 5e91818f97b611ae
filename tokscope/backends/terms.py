"""`terms:SPEC?dict=FILE`: the terms of a dictionary, each kept whole, over any other tokenizer.

What a dictionary names is one token; SPEC's tokenizer cuts what is between, each stretch by itself. How
terms are read and found, tokscope.text.terms says. Where SPEC's tokens hold the space before a word, as
byte-level BPE's do, a term has its space, too.

Its id is SPEC's number of ids plus its place in the dictionary, and with a space in front, plus the number of
terms, so that ids can be decoded. There are none where SPEC has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tokscope import registry
from tokscope.errors import UnknownId, Unsupported, UsageError
from tokscope.split import Split
from tokscope.text.cuts import LINE_OR_WORD, WORD_CUT
from tokscope.text.terms import TermFinder, read_terms
from tokscope.tokenizer import Entry, Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.report.trace import Trace

_LINE_OF_WORDS = re.compile(r"(?<=\n)(?=[^\W\d_])")


class Terms(Tokenizer):
    """Terms as tokens, and what is between them as another tokenizer cuts it.

    Example: with the term "heart attack", Terms("...", load("gpt-4o"), terms).encode("a heart attack.") holds
    "a", " heart attack" and "."

    `terms` are different from each other and not empty.
    """

    def __init__(self, name: str, inner: Tokenizer, terms: Sequence[str]) -> None:
        self.name = name
        self.exact = inner.exact
        self.unknown_id = inner.unknown_id
        self.decodes_by_token = inner.decodes_by_token
        self._inner = inner
        spaced = any(token.data == b" b" for token in inner.encode("a b"))
        known = [*terms, *(f" {term}" for term in terms)] if spaced else terms
        self._index = {term: index for index, term in enumerate(known)}
        self._known = known
        if inner.vocab_size is not None:
            self.vocab_size = inner.vocab_size + len(known)
        self._finder = TermFinder(known)
        # Both of these cut beside white space or a newline, where a term that holds neither ends just so.
        if inner.cut in (WORD_CUT, LINE_OR_WORD) and not any(" " in term for term in terms):
            self.cut = inner.cut
        elif inner.cut is LINE_OR_WORD:
            self.cut = _LINE_OF_WORDS

    def encode(self, text: str) -> Split:
        """Cut `text` into terms and the tokens between them."""
        at = 0
        starts: list[int] = []
        ends: list[int] = []
        ids: list[int] = []
        labels: list[str | None] = []
        for part, is_term in self._parts(text):
            end = at + len(part.encode())
            if is_term:
                starts.append(at)
                ends.append(end)
                ids.append(self._id(part))
                labels.append(None)
            else:
                split = self._inner.encode(part)
                starts += [at + one for one in split.starts]
                ends += [at + one for one in split.ends]
                ids += split.ids or ()
                labels += split.labels or [None] * len(split)
            at = end
        numbered = self._inner.vocab_size is not None and len(ids) == len(starts)
        return Split(text.encode(), starts, ends, ids if numbered else None, labels if any(labels) else None)

    def expect(self, chars: int) -> None:
        """Tell the tokenizer between the terms."""
        self._inner.expect(chars)

    def count(self, text: str) -> int:
        """Count the terms of `text` and the tokens between them."""
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`; the tokenizer between the terms gets all at once."""
        counts = [0] * len(texts)
        between: list[tuple[int, str]] = []
        for i, text in enumerate(texts):
            for part, is_term in self._parts(text):
                if is_term:
                    counts[i] += 1
                else:
                    between.append((i, part))
        for (i, _), count in zip(between, self._inner.count_all([part for _, part in between]), strict=True):
            counts[i] += count
        return counts

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the text of `ids`, each run of the other tokenizer's decoded by it."""
        if self._inner.vocab_size is None or self.vocab_size is None:
            raise self.no_ids()
        first, data = self._inner.vocab_size, []
        for is_term, run in groupby(ids, lambda token_id: token_id >= first):
            numbers = list(run)
            try:
                data += (
                    [self._known[token_id - first].encode() for token_id in numbers]
                    if is_term
                    else [self._inner.decode(numbers)]
                )
            except IndexError:
                raise self.no_such_id(ids, next(one for one in ids if one >= self.vocab_size)) from None
            except UnknownId as error:
                raise self.no_such_id(ids, error.id) from None
        return b"".join(data)

    def vocabulary(self) -> Iterator[Entry]:
        """Give the tokens of the other tokenizer, and the terms."""
        yield from self._inner.vocabulary()
        for index, term in enumerate(self._known):
            yield Entry((self._inner.vocab_size or 0) + index, term.encode())

    def trace(self, text: str) -> Trace:
        """Show the terms, then how the other tokenizer cuts each stretch between them; no step twice."""
        from tokscope.report.trace import PreTokens, Step, Tokens
        from tokscope.tracing.steps import finished, token_texts

        parts: list[bytes] = []
        made: list[int | str] = []
        steps: list[Step] = []
        terms = 0
        for part, is_term in self._parts(text):
            parts.append(part.encode())
            if is_term:
                terms += 1
                made.append(part if self._inner.vocab_size is None else self._id(part))
                continue
            trace = self._inner.trace(part)
            made += token_texts(trace.split) if self._inner.vocab_size is None else trace.split.ids or ()
            for step in trace.steps:
                if step not in steps and not any(isinstance(figure, Tokens) for figure in step.figures):
                    steps.append(step)
        says = f"{terms:,} found, each a token; {self._inner.name} cuts each stretch between by itself"
        return finished(self, text, [Step("terms", says, (PreTokens(parts),)), *steps], made)

    def _id(self, term: str) -> int:
        return (self._inner.vocab_size or 0) + self._index[term]

    def _parts(self, text: str) -> Iterator[tuple[str, bool]]:
        """Cut `text` at its terms: gives each part, and whether it is a term."""
        for i, part in enumerate(self._finder.parts(text)):
            if part:
                yield part, i % 2 == 1


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `terms:SPEC?dict=FILE`; other options are SPEC's.

    Example: load(Spec("terms", "gpt-4o", {"dict": "my.dict"})).name -> "terms:o200k_base?dict=my.dict"

    Raises BrokenTokenizer if the file cannot be read or is not a dictionary, and what loading SPEC raises.
    """
    dictionary = spec.text("dict", "")
    if not dictionary:
        raise UsageError(f"{spec} needs a dictionary: {spec}?dict=FILE, or --dict FILE")
    name, _, argument = spec.argument.partition(":")
    others = {option: value for option, value in spec.options.items() if option != "dict"}
    inner = registry.load(Spec(name, argument, others, spec.special))
    if spec.special and len(inner.encode("")):
        raise Unsupported(f"{inner.name} adds tokens around a text, and cannot between terms: no --special")
    canonical = Spec.parse(inner.name)
    head = f"{canonical.name}:{canonical.argument}" if canonical.argument else canonical.name
    whole = Spec("terms", head, {**canonical.options, "dict": dictionary})
    return Terms(str(whole), inner, read_terms(dictionary))
