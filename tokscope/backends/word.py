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
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tokscope.errors import MissingExtra, UsageError
from tokscope.spec import Spec
from tokscope.split import Split
from tokscope.tokenizer import LINE_OR_WORD, Tokenizer

if TYPE_CHECKING:
    import regex

    from tokscope.trace import Trace

# The same cuts as _unicode_words(), on text of ASCII alone, five times as fast.
_ASCII_WORDS = re.compile(
    r"\w+(?:(?:(?<=[A-Za-z])[:.'](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))\w+)*|[^\s\w]", re.ASCII
)

_NOT_SPACE = re.compile(r"\S+")


@cache
def _unicode_words() -> regex.Pattern[str]:
    """Compile the rules of UAX #29 into one pattern, with the number of each beside it.

    `regex` has a word boundary of its own, (?w)\\b, but that fails 259 of the 1,823 cases of Unicode's
    WordBreakTest.txt (it joins a flag to what follows). This pattern is linear: what repeats is possessive,
    and what looks back does so over the marks of one character.
    """
    import regex

    hebrew, numeric, katakana = r"\p{WB=Hebrew_Letter}", r"\p{WB=Numeric}", r"\p{WB=Katakana}"
    letter = rf"\p{{WB=ALetter}}{hebrew}"
    connector = r"\p{WB=ExtendNumLet}"
    wordy = letter + numeric + connector  # these join each other in any order: WB5, 8, 9, 10, 13a, 13b
    in_letters = r"\p{WB=MidLetter}\p{WB=MidNumLet}'"
    in_numbers = r"\p{WB=MidNum}\p{WB=MidNumLet}'"
    space = r"\p{WB=WSegSpace}"
    newline = r"\r\n\p{WB=Newline}"  # WB3a, WB3b: never a part of anything
    mark = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]"  # WB4: belongs to what it follows
    # U+202F, the one connector that is white space, is dropped if a run of it is all there is.
    seen = rf"(?: (?!\u202F) | (?<!\u202F) (?=\u202F++ (?:{mark} | [{wordy}{katakana}])) )"
    segment = rf"""(?:
        {seen} (?: [{wordy}]++ | [{katakana}]++ ) {mark}*+
        (?: (?: (?=[{wordy}]) (?<=[{wordy}] {mark}*+)
            |   (?=[{katakana}]) (?<=[{katakana}{connector}] {mark}*+)                     # WB13, WB13b
            |   (?=[{connector}]) (?<=[{katakana}] {mark}*+)                               # WB13a
            |   (?=[{in_letters}]) (?<=[{letter}] {mark}*+) . {mark}*+ (?=[{letter}])      # WB6, WB7
            |   (?=") (?<=[{hebrew}] {mark}*+) . {mark}*+ (?=[{hebrew}])                   # WB7b, WB7c
            |   (?=[{in_numbers}]) (?<=[{numeric}] {mark}*+) . {mark}*+ (?=[{numeric}])    # WB11, WB12
            )
            (?: [{wordy}]++ | [{katakana}]++ ) {mark}*+
        )*+
        (?: (?=') (?<=[{hebrew}] {mark}*+) . {mark}*+ )?+                                  # WB7a
      | \p{{RI}} {mark}*+ \p{{RI}} {mark}*+                                                # WB15, WB16
      | (?: (?<![{space}]) [{space}]++ | [\s--[{space}{connector}{newline}]] ) {mark}++    # WB3d; else a gap
      | [^\s{wordy}{katakana}] {mark}*+
    )"""
    joined = rf"{segment} (?: (?<=\u200D) (?=\p{{Extended_Pictographic}}) {segment} )*+"  # WB3c
    return regex.compile(joined, regex.VERBOSE | regex.VERSION1 | regex.DOTALL)


class Word(Tokenizer):
    """The words of UAX #29, and what stands between them but white space.

    Example: load("word").count("I can't pay $3.50.") -> 6
    """

    name = "word"
    # Right after a newline there is always a boundary (WB3a), and before white space there is one where a
    # letter or digit of ASCII precedes it; neither it nor what follows looks back over such a place.
    cut = LINE_OR_WORD

    def encode(self, text: str) -> Split:
        """Cut `text` into words and punctuation; white space is a gap."""
        return Split.of_characters(text, [match.span() for match in self._pattern(text).finditer(text)])

    def count(self, text: str) -> int:
        """Count the words and punctuation of `text`."""
        return len(self._pattern(text).findall(text))

    def trace(self, text: str) -> Trace:
        """Show the words, and the base form of each where there is one."""
        from tokscope.trace import finished
        from tokscope.tracing.rules import code_points, rule

        words = self._pattern(text).findall(text)
        says = "one token per segment between the word boundaries of UAX #29; white space is dropped"
        return finished(self, text, [rule(says, words, "code points", code_points)], words)

    def count_words(self, text: str) -> int:
        """Count the words of `text`, those tokens that hold a letter or a digit.

        Example: Word().count_words("I can't pay $3.50.") -> 4
        """
        return sum(
            word.isalnum() or any(map(str.isalnum, word)) for word in self._pattern(text).findall(text)
        )

    @staticmethod
    def _pattern(text: str) -> re.Pattern[str] | regex.Pattern[str]:
        return _ASCII_WORDS if text.isascii() else _unicode_words()


class Space(Tokenizer):
    """What stands between white space, as `wc -w` counts it.

    Example: load("word:space").count("I can't pay $3.50.") -> 4
    """

    name = "word:space"
    cut = LINE_OR_WORD  # at white space

    def encode(self, text: str) -> Split:
        """Cut `text` at white space, which is a gap."""
        return Split.of_characters(text, [match.span() for match in _NOT_SPACE.finditer(text)])

    def count(self, text: str) -> int:
        """Count the runs of `text` that are not white space."""
        return len(text.split())

    def trace(self, text: str) -> Trace:
        """Show what stands between white space."""
        from tokscope.trace import finished
        from tokscope.tracing.rules import code_points, rule

        words = text.split()
        says = "one token per run of characters that are no white space, which is dropped"
        return finished(self, text, [rule(says, words, "code points", code_points)], words)


class BaseForm(Word):
    """The words of `word`, each labelled with its base form where that is not how it is written.

    Example: [t.label for t in load("word:stem").encode("running dogs run")] -> ["run", "dog", None]
    """

    def __init__(self, name: str, base: Callable[[str], str]) -> None:
        self.name = name
        self._base = base

    def encode(self, text: str) -> Split:
        """Cut `text` as `word` does, and look every word up."""
        split = super().encode(text)
        words = [token.data.decode() for token in split]
        base = {word: self._base(word) for word in set(words)}
        return replace(split, labels=[base[word] if base[word] != word else None for word in words])

    def trace(self, text: str) -> Trace:
        """Show the words, and the base form of each."""
        from tokscope.trace import finished
        from tokscope.tracing.rules import rule

        words = self._pattern(text).findall(text)
        says = "one token per segment between the word boundaries of UAX #29, each with its base form"
        step = rule(says, words, "base form", self._base)
        return finished(self, text, [step], [self._base(word) for word in words])


def _stemmer(lang: str) -> Callable[[str], str]:
    """Find Snowball's stemmer, which wants lower case; see https://snowballstem.org."""
    try:
        import snowballstemmer  # type: ignore[import-untyped]  # it comes without types
    except ImportError as error:
        raise MissingExtra("word:stem", "words") from error
    _check(lang, snowballstemmer.algorithms(), "word:stem")
    stem = snowballstemmer.stemmer(lang).stemWord
    return lambda word: str(stem(word.lower()))


def _lemmatizer(lang: str) -> Callable[[str], str]:
    """Find simplemma's lemmatizer: dictionaries, then rules; see https://github.com/adbar/simplemma."""
    try:
        from simplemma import lemmatize
        from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES
    except ImportError as error:
        raise MissingExtra("word:lemma", "words") from error
    _check(lang, SUPPORTED_LANGUAGES, "word:lemma")
    return lambda word: lemmatize(word, lang=lang)


def _check(lang: str, known: Iterable[str], spec: str) -> None:
    if lang not in known:
        raise UsageError(f"{spec} has no language {lang!r}, but: {', '.join(sorted(known))}")


_BASE_FORMS = {"stem": ("english", _stemmer), "lemma": ("en", _lemmatizer)}


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `word`, `word:space`, `word:stem` or `word:lemma`.

    Raises MissingExtra if the package for stems or lemmas is not installed, UsageError for a language that it
    does not have. `?lang=` says nothing to `word` and `word:space`.
    """
    if spec.argument not in _BASE_FORMS:
        return Space() if spec.argument == "space" else Word()
    default, base_of = _BASE_FORMS[spec.argument]
    lang = spec.options.get("lang", default)
    name = f"word:{spec.argument}" + (f"?lang={lang}" if lang != default else "")
    return BaseForm(name, base_of(lang))
