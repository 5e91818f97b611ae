"""`phrase`: syntactic units, the noun and verb phrases of Chinese and English.

They are base phrases like those of CoNLL-2000 (Tjong Kim Sang & Buchholz 2000), none within another: a
pattern over parts of speech finds them, and what is in none (a preposition, a conjunction, a stop) is a token
by itself. A phrase's label is NP or VP. White space around tokens is a gap. Taggers err and patterns are
crude: every count is an estimate.

The parts of speech of a sentence with Han characters are jieba's (rjieba's, which gives those of jieba.posseg
except for words that the dictionary lacks, at 70 times its speed); those of any other sentence are
HanTa's for English (https://github.com/wartaal/HanTa).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import rjieba

from tokscope.errors import MissingExtra
from tokscope.split import Split
from tokscope.text.cuts import AFTER_NEWLINE
from tokscope.text.segments import Unit, segments
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from HanTa.HanoverTagger import HanoverTagger

    from tokscope.report.trace import Trace


class TaggedWords(NamedTuple):
    """The words of a sentence: where the bytes of each are in the text, and the code of its part of speech.

    Example: TaggedWords([0, 4], [3, 7], "DN"), of "the cat"
    """

    starts: list[int]
    ends: list[int]
    codes: str


class Phrase(NamedTuple):
    """A token: where its bytes are in the text, and what kind of phrase it is, None for a word in none.

    Example: Phrase(0, 7, "NP")
    """

    start: int
    end: int
    label: str | None


_POS_TAGS = {
    # code: its name, and what CLAWS C5 (http://ucrel.lancs.ac.uk/claws5tags.html) and ICTCLAS, as in jieba,
    # call it, by the first letters that tell it from others
    "A": ("adjective", "AJ ORD", "a b z"),
    "C": ("number", "CRD", "m q"),  # or a measure word
    "D": ("determiner", "AT DT0 DPS", "r"),  # in Chinese pronouns, too
    "F": ("localizer", "", "f"),  # 屏幕上
    "G": ("possessive", "POS", ""),  # 's
    "I": ("particle", "AVP", ""),  # give up
    "L": ("aspect", "", "ul ug uz"),  # 看了
    "N": ("noun", "NN NP UNC ZZ", "n an vn i j l s t eng"),
    "P": ("pronoun", "EX PNI PNP PNX", ""),
    "R": ("adverb", "AV0", "d ad"),
    "T": ("to", "TO", ""),
    "U": ("的", "", "uj"),
    "V": ("verb", "VV", "v"),
    "X": ("auxiliary", "VB VD VH VM", ""),
    "Z": ("not", "XX", ""),
    "x": ("other", "", ""),
}
_ENGLISH_CODES = {tag: code for code, (_, tags, _) in _POS_TAGS.items() for tag in tags.split()}
_CHINESE_CODES = {tag: code for code, (_, _, tags) in _POS_TAGS.items() for tag in tags.split()}

_ENGLISH = re.compile(
    r"""(?P<NP> [DG]? (?:R*[AC])* N+ | [DG] (?:R*[AC])+ | (?:R*C)+ | [PD] )
      | (?P<VP> (?:[XT][RZ]*)* [XV] Z? I? )
      | .""",
    re.VERBOSE,
)
_CHINESE = re.compile(
    r"""(?P<NP> D? (?:C|R*AU?)* N+ F? | D? C+ | D )
      | (?P<VP> (?:R*V)+ L? )
      | .""",
    re.VERBOSE,
)

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_LETTER = re.compile(rf"(?!{_HAN.pattern})[^\W_]")
_CLITIC = re.compile(r"(?<=\w)(?:n['’]t|['’](?:s|ll|re|ve|d|m))\Z", re.IGNORECASE)

TAGGED_TOGETHER = 200
"""How many words are tagged together at most: time grows with the square of the longest phrase."""

TAGGED_LETTERS = 40
"""How many of a word's last letters the tagger sees: for a word of a thousand it takes four seconds."""


SIGN, NUMBER = ",", "1"
"""What the tagger sees in place of a sign, and of a currency's."""

ALIKE = 3
"""How many of the same sign in a row the tagger sees."""


class Phrases(Tokenizer):
    """Noun and verb phrases as tokens, and the words in none.

    Example: load("phrase").encode("The old cat has come back.") holds "The old cat", "has come back" and "."
    """

    name = "phrase"
    exact = False
    cut = AFTER_NEWLINE  # a sentence ends there

    def __init__(self, tagger: HanoverTagger) -> None:
        self._tagger = tagger
        self._codes = lru_cache(maxsize=256)(self._codes_of)  # a file may be a megabyte of the same few words

    def encode(self, text: str) -> Split:
        """Cut `text` into phrases; white space between them is a gap."""
        phrases = list(self._phrases(text))
        return Split(
            text.encode(),
            [phrase.start for phrase in phrases],
            [phrase.end for phrase in phrases],
            labels=[phrase.label for phrase in phrases],
        )

    def count(self, text: str) -> int:
        """Count the phrases of `text`."""
        return sum(
            sum(1 for _ in grammar.finditer(codes))
            for words, grammar in self._tagged(text)
            for _, codes in _tag_blocks(words)
        )

    def trace(self, text: str) -> Trace:
        """Show the words and their parts of speech."""
        from tokscope.report.table import Column
        from tokscope.report.trace import Step, Table
        from tokscope.tracing.steps import finished

        source = text.encode()
        words: list[tuple[bytes, str]] = []
        made: list[str] = []
        for tagged, grammar in self._tagged(text):
            words += [
                (source[start:end], _POS_TAGS[code][0]) for start, end, code in zip(*tagged, strict=True)
            ]
            for start, end, label in _chunks(tagged, grammar):
                made.append(label or source[start:end].decode())
        columns = [Column("word", "token"), Column("part of speech")]
        says = "jieba's in a sentence with Han characters, HanTa's in any other"
        steps = [
            Step("parts of speech", says, (Table("words", columns, words),)),
            Step(
                "phrases", "what the patterns of noun phrases (NP) and verb phrases (VP) match, and the rest"
            ),
        ]
        return finished(self, text, steps, made)

    def _phrases(self, text: str) -> Iterator[Phrase]:
        for words, grammar in self._tagged(text):
            yield from _chunks(words, grammar)

    def _tagged(self, text: str) -> Iterator[tuple[TaggedWords, re.Pattern[str]]]:
        """Give the words of each sentence, and the grammar of its language."""
        for sentence in segments(text, Unit.SENTENCE):
            written, at = sentence.data.decode(), sentence.start
            chinese = _HAN.search(written) is not None
            words = _chinese(written, at) if chinese else self._english(written, at)
            yield words, _CHINESE if chinese else _ENGLISH

    def _english(self, sentence: str, offset: int) -> TaggedWords:
        """Tag the words of UAX #29, from which what the tagger knows as words is cut off (n't, 's)."""
        starts: list[int] = []
        ends: list[int] = []
        written: list[str] = []
        found = segments(sentence, Unit.WORD)
        for start, end in zip(found.starts, found.ends, strict=True):
            at = offset + start
            for size, known in _split_word(found.source[start:end]):
                starts.append(at)
                at += size
                ends.append(at)
                written.append(known)
        tagged, which = _thin_out(written)
        codes: list[str] = []
        for first in range(0, len(tagged), TAGGED_TOGETHER):
            codes += self._codes(tuple(tagged[first : first + TAGGED_TOGETHER]))
        return TaggedWords(starts, ends, "".join([codes[i] for i in which]))

    def _codes_of(self, words: tuple[str, ...]) -> str:
        """Tag words that are looked at together; give the code of each."""
        tags = self._tagger.tag_sent([*words], taglevel=0)
        return "".join(_tag_code(tag, _ENGLISH_CODES) for tag in tags)


@lru_cache(maxsize=1 << 14)
def _split_word(word: bytes) -> list[tuple[int, str]]:
    """Cut off what the tagger knows as a word; give each part's bytes, and how the tagger knows it."""
    text = word.decode()
    clitic = _CLITIC.search(text) if len(text) > 1 else None
    parts = [text] if clitic is None else [text[: clitic.start()], clitic[0]]
    return [(len(part.encode()), _as_the_tagger_knows_it(part)) for part in parts]


def _as_the_tagger_knows_it(word: str) -> str:
    """Write a word so that the tagger wastes no time on it.

    A sign is a comma to it, for which it need not guess; but a currency's is a number, as part of one.
    """
    if any(map(str.isalnum, word)):
        return word.replace("’", "'")[-TAGGED_LETTERS:]
    return NUMBER if unicodedata.category(word[0]) == "Sc" else SIGN


def _thin_out(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """Leave out all but the first ALIKE of the same sign in a row; say where among the rest each stands.

    Example: ["a", ",", ",", ",", ",", "b"] -> ["a", ",", ",", ",", "b"], [0, 1, 2, 3, 3, 4]

    Tagging takes 0.1 ms a word, and a file may be a megabyte of one sign.
    """
    kept: list[str] = []
    which: list[int] = []
    row = 0
    for word in words:
        row = row + 1 if kept and word == kept[-1] and word in (SIGN, NUMBER) else 1
        if row <= ALIKE:
            kept.append(word)
        which.append(len(kept) - 1)
    return kept, which


def _chinese(sentence: str, offset: int) -> TaggedWords:
    """Tag the words of jieba, except white space; what it cuts within a word of letters is put together."""
    starts: list[int] = []
    ends: list[int] = []
    codes: list[str] = []
    end, before = offset, ""
    for word, tag in rjieba.tag(sentence):
        start, end = end, end + len(word.encode())
        if _LETTER.match(word) and _LETTER.match(before):
            ends[-1], codes[-1] = end, "N"
        elif not word.isspace():
            unknown = tag == "x" and word[0].isalnum()
            starts.append(start)
            ends.append(end)
            codes.append("N" if unknown else _tag_code(tag, _CHINESE_CODES))
        before = word[-1]
    return TaggedWords(starts, ends, "".join(codes))


def _tag_code(tag: str, codes: Mapping[str, str]) -> str:
    """Look up a tag, or the longest of its beginnings that has a code."""
    return next((codes[tag[:size]] for size in range(len(tag), 0, -1) if tag[:size] in codes), "x")


def _chunks(words: TaggedWords, grammar: re.Pattern[str]) -> Iterator[Phrase]:
    """Put words together to phrases, by a pattern over their codes.

    Example: the codes "DANXV" -> an NP of the first three words, a VP of the last two
    """
    for first, codes in _tag_blocks(words):
        for match in grammar.finditer(codes):
            start, end = words.starts[first + match.start()], words.ends[first + match.end() - 1]
            yield Phrase(start, end, match.lastgroup)


def _tag_blocks(words: TaggedWords) -> Iterator[tuple[int, str]]:
    """Give the codes of TAGGED_TOGETHER words at a time, with the number of the first."""
    for first in range(0, len(words.codes), TAGGED_TOGETHER):
        yield first, words.codes[first : first + TAGGED_TOGETHER]


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `phrase`. Raises MissingExtra if the tagger of English is not installed.

    Example: load(Spec("phrase")).count("The old cat has come back.") -> 3
    """
    try:
        from HanTa.HanoverTagger import HanoverTagger
    except ImportError as error:
        raise MissingExtra("phrase", "phrases") from error
    return Phrases(HanoverTagger("morphmodel_en.pgz"))
