"""`word`: words as Unicode has them; `word:space`: between spaces; `word:stem`, `word:lemma`: base forms.

`word` cuts at the default word boundaries of UAX #29, https://www.unicode.org/reports/tr29/, of the Unicode
version that the installed `regex` knows. They use no dictionary: each Han, kana or Thai character is a word.
Every segment is a token, punctuation and symbols too; but one that holds nothing but white space is a gap.

`word:stem` and `word:lemma` cut in the same places; a token's label is its base form where that differs from
the text. `?lang=` says whose: the name of a Snowball algorithm for stems (english), the code of a language of
simplemma's for lemmas (en).

`word:space` gives maximal runs of characters that are not white space, as str.split() and `wc -w` do. White
space is what str.isspace() says: Unicode's White_Space and the separators U+001C to U+001F.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from tokscope.errors import MissingExtra
from tokscope.split import Split
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.text.segments import count_words, word_pattern, words
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.report.trace import Trace


ARCHAIC = frozenset(
    (
        *("assaile", "blowe", "choake", "crafte", "deposite", "develope", "drenche", "fixe", "garde"),
        *("growe", "guarde", "mixe", "playe", "prefixe", "proclaime", "recoupe", "reguarde", "smoothe"),
        *("sweare", "thanke", "thinke", "unfolde"),
    )
)
"""Lemmas that simplemma's English dictionary spells as centuries ago did: today's have no e at the end."""

PARTICIPLES = {
    "bared": "bare",
    "enveloped": "envelop",
    "enveloping": "envelop",
    "evened": "even",
    "longed": "long",
    "singing": "sing",
    "springing": "spring",
    "swinging": "swing",
    "winged": "wing",
    "winging": "wing",
}
"""Words for whose lemma it takes the rarer verb: singe for singing."""

_NOT_SPACE = re.compile(r"\S+")


class UnicodeWords(Tokenizer):
    """The words of UAX #29, and what is between them but white space.

    Example: load("word").count("I can't pay $3.50.") -> 6
    """

    name = "word"
    whole = True
    unlabelled = True
    # Right after a newline there is always a boundary (WB3a), and before white space there is one where a
    # letter or digit of ASCII precedes it; neither it nor what follows looks back over such a place.
    cut = LINE_OR_WORD

    def encode(self, text: str) -> Split:
        """Cut `text` into words and punctuation; white space is a gap.

        Example: [token.data for token in load("word").encode("Hi, you")] -> [b"Hi", b",", b"you"]
        """
        return words(text)

    def count(self, text: str) -> int:
        """Count the words and punctuation of `text`.

        Example: load("word").count("Hi, you") -> 3
        """
        return count_words(text).segments

    def trace(self, text: str) -> Trace:
        """Show the code points of each word."""
        from tokscope.tracing.one_step import trace_of_pieces

        says = "one token per segment between the word boundaries of UAX #29; white space is dropped"
        return trace_of_pieces(self, text, says, word_pattern(text).findall(text))


class SpacedWords(Tokenizer):
    """What is between white space, as `wc -w` counts it.

    Example: load("word:space").count("I can't pay $3.50.") -> 4
    """

    name = "word:space"
    whole = True
    unlabelled = True
    cut = LINE_OR_WORD  # at white space

    def encode(self, text: str) -> Split:
        """Cut `text` at white space, which is a gap.

        Example: [token.data for token in load("word:space").encode("Hi, you")] -> [b"Hi,", b"you"]
        """
        return Split.of_characters(text, [match.span() for match in _NOT_SPACE.finditer(text)])

    def count(self, text: str) -> int:
        """Count the runs of `text` that are not white space.

        Example: load("word:space").count("Hi, you") -> 2
        """
        return len(text.split())

    def trace(self, text: str) -> Trace:
        """Show the code points of what is between white space."""
        from tokscope.tracing.one_step import trace_of_pieces

        says = "one token per run of characters that are not white space, which is dropped"
        return trace_of_pieces(self, text, says, text.split())


class BaseForm(UnicodeWords):
    """The words of `word`, each labelled with its base form where that is not how it is written.

    Example: [t.label for t in load("word:stem").encode("running dogs run")] -> ["run", "dog", None]
    """

    unlabelled = False

    def __init__(self, name: str, base: Callable[[str], str]) -> None:
        self.name = name
        self._base = base

    def encode(self, text: str) -> Split:
        """Cut `text` as `word` does, and look every word up."""
        split = super().encode(text)
        written = [token.data.decode() for token in split]
        base = {word: self._base(word) for word in set(written)}
        return replace(split, labels=[base[word] if base[word] != word else None for word in written])

    def trace(self, text: str) -> Trace:
        """Show the words, and the base form of each."""
        from tokscope.tracing.one_step import rule_step
        from tokscope.tracing.steps import finished

        found = word_pattern(text).findall(text)
        says = "one token per segment between the word boundaries of UAX #29, each with its base form"
        step = rule_step(says, found, "base form", self._base)
        return finished(self, text, [step], [self._base(word) for word in found])


def _stemmer(spec: Spec) -> Callable[[str], str]:
    """Find Snowball's stemmer, which wants lower case; see https://snowballstem.org."""
    try:
        import snowballstemmer
    except ImportError as error:
        raise MissingExtra("word:stem", "words") from error
    lang = spec.choice("lang", sorted(snowballstemmer.algorithms()), _LANGUAGE[spec.argument])
    stemmer = snowballstemmer.stemmer(lang)
    one_at_a_time = Lock()  # it keeps the word that it works on

    def stem(word: str) -> str:
        with one_at_a_time:
            return str(stemmer.stemWord(word.lower()))

    return stem


def _lemmatizer(spec: Spec) -> Callable[[str], str]:
    """Find simplemma's lemmatizer: dictionaries, then rules; see https://github.com/adbar/simplemma."""
    try:
        from simplemma import lemmatize
        from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES
    except ImportError as error:
        raise MissingExtra("word:lemma", "words") from error
    lang = spec.choice("lang", sorted(SUPPORTED_LANGUAGES), _LANGUAGE[spec.argument])
    if lang != "en":
        return lambda word: lemmatize(word, lang=lang)

    def lemma(word: str) -> str:
        found = PARTICIPLES.get(word.lower()) or lemmatize(word, lang=lang)
        return found.removesuffix("e") if found in ARCHAIC else found

    return lemma


_LANGUAGE = {"stem": "english", "lemma": "en"}
"""The language whose base forms are given where none is named."""


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `word`, `word:space`, `word:stem` or `word:lemma`.

    Example: load(Spec("word", "stem")).name -> "word:stem"

    Raises MissingExtra if the package for stems or lemmas is not installed, UsageError for a language that it
    does not have, and for `?lang=` where there are no base forms.
    """
    if spec.argument not in _LANGUAGE:
        spec.only((), f"word:{spec.argument}" if spec.argument else "word")
        return SpacedWords() if spec.argument == "space" else UnicodeWords()
    base = _stemmer(spec) if spec.argument == "stem" else _lemmatizer(spec)
    default = spec.text("lang", _LANGUAGE[spec.argument]) == _LANGUAGE[spec.argument]
    return BaseForm(f"word:{spec.argument}" if default else str(spec), base)
