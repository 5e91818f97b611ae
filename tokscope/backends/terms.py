"""`terms:SPEC?dict=FILE`: the terms of a dictionary, each kept whole, over any other tokenizer.

What a dictionary names (a drug, a disease, a product) is one token; SPEC's tokenizer cuts what stands
between, each stretch by itself. Of the terms that begin first in the text the longest is taken, as it is
written, case and all. A term is no part of a longer word ("art" is not found in "heart"), but may touch what
is written without spaces or takes endings: Han, kana, Hangul, Thai, Lao, Khmer, Myanmar. Where SPEC's tokens
hold the space before a word, as byte-level BPE's do, a term has its space, too.

Its id is SPEC's number of ids plus its place in the dictionary, and with a space in front, plus the number of
terms, so that ids can be decoded. There are none where SPEC has none.

The file is UTF-8, a term a line. A term may have spaces in it. Behind a word that is not written with spaces
may stand what a dictionary of jieba has there, a frequency and a tag: they say nothing here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from tokscope import registry
from tokscope.errors import BrokenTokenizer, UnknownId, Unsupported, UsageError
from tokscope.spec import Spec
from tokscope.split import Split, byte_offsets
from tokscope.tokenizer import LINE_OR_WORD, WORD, Tokenizer
from tokscope.vocabulary import Entry

if TYPE_CHECKING:
    import regex

Span = tuple[int, int]

_LINE = re.compile(r"(?<=\n)(?=[^\W\d_])")
_CONTROLS = ("Cc", "Zl", "Zp")


class Terms(Tokenizer):
    """Terms as tokens, and what stands between them as another tokenizer cuts it.

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
        self._spaced = any(token.data == b" b" for token in inner.encode("a b"))
        known = [*terms, *(f" {term}" for term in terms)] if self._spaced else terms
        self._index = {term: index for index, term in enumerate(known)}
        self._known = known
        if inner.vocab_size is not None:
            self.vocab_size = inner.vocab_size + len(known)
        self._finder = _Finder(terms)
        # Both of these cut beside white space or a newline, where a term that holds neither ends just so.
        if inner.cut in (WORD, LINE_OR_WORD) and not any(" " in term for term in terms):
            self.cut = inner.cut
        elif inner.cut is LINE_OR_WORD:
            self.cut = _LINE

    def encode(self, text: str) -> Split:
        """Cut `text` into terms and the tokens between them."""
        offsets = byte_offsets(text)
        starts: list[int] = []
        ends: list[int] = []
        ids: list[int] = []
        labels: list[str | None] = []
        for start, end, is_term in self._parts(text):
            at = offsets[start]
            if is_term:
                starts.append(at)
                ends.append(offsets[end])
                ids.append((self._inner.vocab_size or 0) + self._index[text[start:end]])
                labels.append(None)
                continue
            split = self._inner.encode(text[start:end])
            starts += [at + one for one in split.starts]
            ends += [at + one for one in split.ends]
            ids += split.ids or ()
            labels += split.labels or [None] * len(split)
        numbered = self._inner.vocab_size is not None and len(ids) == len(starts)
        return Split(text.encode(), starts, ends, ids if numbered else None, labels if any(labels) else None)

    def count(self, text: str) -> int:
        """Count the terms of `text` and the tokens between them."""
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`; the tokenizer between the terms gets all at once."""
        counts = [0] * len(texts)
        between: list[tuple[int, str]] = []
        for i, text in enumerate(texts):
            for start, end, is_term in self._parts(text):
                if is_term:
                    counts[i] += 1
                else:
                    between.append((i, text[start:end]))
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

    def _parts(self, text: str) -> Iterator[tuple[int, int, bool]]:
        """Cut `text` at its terms: gives the start and the end of each part, and whether it is a term."""
        done = 0
        for start, end in self._finder.find(text):
            if self._spaced and start > done and text[start - 1] == " ":
                start -= 1
            if start > done:
                yield done, start, False
            yield start, end, True
            done = end
        if done < len(text):
            yield done, len(text), False


class _Finder:
    """Finds terms in a text, of those that begin first the longest.

    It looks up what follows each place where a term may begin, in every length that terms with the same first
    two characters have. With 20,000 terms that is 8 MB/s of Chinese; a regular expression of them all, folded
    into a trie, does 0.4.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        sizes: dict[str, set[int]] = {}
        for term in terms:
            sizes.setdefault(term[:2], set()).add(len(term))
        for head in sizes:
            sizes[head] |= sizes.get(head[:1], set())
        self._sizes = {head: sorted(found, reverse=True) for head, found in sizes.items()}
        self._terms = frozenset(terms)
        first = {term[0] for term in terms}
        latin = {char for char in first if char.isascii() and char.isalnum()}  # never behind another such
        choices = [rf"(?<![A-Za-z0-9])[{_class(latin)}]"] if latin else []
        choices += [f"[{_class(first - latin)}]"] if first - latin else []
        self._begin = re.compile("|".join(choices))

    def find(self, text: str) -> Iterator[Span]:
        """Give the start and the end of each term in `text`."""
        done = 0
        for match in self._begin.finditer(text):
            start = match.start()
            if start < done:
                continue
            for size in self._sizes.get(text[start : start + 2], self._sizes.get(text[start], [])):
                found = text[start : start + size]  # the text may end before that
                if found in self._terms and _stands_alone(text, start, start + len(found)):
                    done = start + len(found)
                    yield start, done
                    break


def _class(characters: Iterable[str]) -> str:
    return "".join(map(re.escape, sorted(characters)))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a part of a text is no part of a longer word or character."""
    if start and _joins(text[start]) and _joins(text[start - 1]):
        return False
    if end == len(text):
        return True
    return not (_continues(text[end]) or (_joins(text[end]) and _joins(text[end - 1])))


_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_FIELDS = rf"(?<={_UNSPACED})(?: [0-9]{{1,12}})?(?: [a-z]{{1,4}})?$"


@cache
def _pattern(characters: str) -> regex.Pattern[str]:
    import regex

    return regex.compile(characters, regex.VERSION1)


@cache
def _joins(char: str) -> bool:
    """Whether a character makes one word with others of its kind: letters, marks, digits, connectors."""
    return _pattern(rf"[\w--{_UNSPACED}]").match(char) is not None


@cache
def _continues(char: str) -> bool:
    """Whether a character is a part of what stands before it: marks, joiners."""
    return _pattern(r"\p{Grapheme_Extend}|\u200d|\p{Mc}").match(char) is not None


def _terms(dictionary: str) -> list[str]:
    """Read a dictionary: its terms, each once. Raises BrokenTokenizer."""
    try:
        text = Path(dictionary).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BrokenTokenizer(f"{dictionary}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BrokenTokenizer(
            f"{dictionary}: byte {error.start} is not UTF-8; convert it with iconv"
        ) from error
    terms: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), 1):
        term = line.strip()
        if control := next((char for char in term if unicodedata.category(char) in _CONTROLS), None):
            raise BrokenTokenizer(
                f"{dictionary}:{number}: a term has a control character (U+{ord(control):04X})"
            )
        if term:
            terms[_pattern(_FIELDS).sub("", term)] = None
    if not terms:
        raise BrokenTokenizer(f"{dictionary}: has no terms; it wants one a line")
    return list(terms)


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `terms:SPEC?dict=FILE`; other options are SPEC's.

    Raises BrokenTokenizer if the file cannot be read or is no dictionary, and what loading SPEC raises.
    """
    options = dict(spec.options)
    dictionary = options.pop("dict", "")
    if not dictionary:
        raise UsageError(f"{spec} needs a dictionary: {spec}?dict=FILE, or --dict FILE")
    name, _, argument = spec.argument.partition(":")
    inner = registry.load(Spec(name, argument, options, spec.special))
    if spec.special and len(inner.encode("")):
        raise Unsupported(f"{inner.name} adds tokens around a text, and cannot between terms: no --special")
    canonical = Spec.parse(inner.name)
    head = f"{canonical.name}:{canonical.argument}" if canonical.argument else canonical.name
    whole = Spec("terms", head, {**canonical.options, "dict": dictionary})
    return Terms(str(whole), inner, _terms(dictionary))
