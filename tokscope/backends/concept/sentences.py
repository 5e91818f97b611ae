"""`concept`: sentences, the units of a Large Concept Model.

To a Large Concept Model (arXiv:2412.08821) a token is a sentence, embedded as one vector. Its makers cut with
SaT, a neural segmenter. Here rules stand in for it, so that every count is an estimate: a sentence ends at
each newline (as in SaT, unless told otherwise), where Punkt finds an end, which knows the abbreviations of
English (nupunkt, https://github.com/alea-institute/nupunkt), and after the stops of other scripts, which no
abbreviation ends with (。！？।؟, by UAX #29). White space around it is a gap.

`?cap=` is how many characters a sentence may have: 200 unless given, as in the paper, 0 for any number. A
longer one is cut after the last comma or the like within the cap, else before the last white space, else at
the cap. In https://github.com/facebookresearch/large_concept_model, the preparation of data has a cap of 256
(`?cap=256`), and cuts where SaT finds an end least unlikely; where a part is still too long, at . ! ? ...
newline ; , : > and space, in turn, filling parts up to the cap. The coherence metric has a cap of 200 and
those separators alone. There is no SaT here to ask, and where no stop is left both come to the rule above.
The metric also changes the text, and leaves out what has no letter or digit; here nothing is lost.

`--special` adds the sentence "End of text." that ends each text the model learns from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from nupunkt import sent_spans

from tokscope.split import Split
from tokscope.text.cuts import AFTER_NEWLINE
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    import regex

    from tokscope.report.trace import Trace

CAP = 200
"""Characters that a sentence may have; the paper's models get worse beyond 250."""

Bounds = tuple[int, int]


class Sentence(NamedTuple):
    """A sentence of a line, by its characters, and what its end is.

    Example: Sentence(0, 15, "Punkt")
    """

    start: int
    end: int
    ended_by: str


_LINE = re.compile(r"[^\n]+")
_MAY_END = re.compile(r"[.?!\u2026]\W")
"""Where Punkt looks closer: a stop, and no letter or digit after it."""

_PAUSE = re.compile(r"(?<=[,;:)\]])(?=\s)|(?<=[，；：、）…—])(?![…—])")
_BEFORE_SPACE = re.compile(r"(?<=\S)(?=\s)")


class Sentences(Tokenizer):
    """Sentences of at most `cap` characters as tokens.

    Example: load("concept").count("Dr. Smith came at 4 p.m. yesterday. 他走了。") -> 2
    """

    exact = False
    whole = True

    def __init__(self, cap: int = CAP, *, special: bool = False) -> None:
        self.name = "concept" if cap == CAP else f"concept?cap={cap}"
        self._cap = cap
        self._special = special
        if not special:
            self.cut = AFTER_NEWLINE  # a sentence ends there, and each line is cut by itself

    def encode(self, text: str) -> Split:
        """Cut `text` into sentences; white space around them is a gap.

        Example: [token.data for token in load("concept").encode("One. Two.")] -> [b"One.", b"Two."]
        """
        spans = list(self._spans(text))
        if not self._special:
            return Split.of_characters(text, spans)
        end = [(len(text), len(text))]
        return Split.of_characters(text, spans + end, labels=[*[None] * len(spans), "End of text."])

    def count(self, text: str) -> int:
        """Count the sentences of `text`.

        Example: load("concept").count("One. Two.") -> 2
        """
        cap = self._cap or len(text)
        count = int(self._special)
        for line in _LINE.findall(text):
            if len(line) <= cap and line.isascii() and not _MAY_END.search(line):
                count += not line.isspace()  # it is one
            else:
                count += sum(1 for _ in _cut_line(line, self._cap))
        return count

    def trace(self, text: str) -> Trace:
        """Show what ends each sentence, and say how many are cut because they are too long."""
        from tokscope.report.table import Column
        from tokscope.report.trace import Step, Table
        from tokscope.tracing.steps import finished

        rows: list[tuple[bytes, int, str]] = []
        made: list[str] = []
        for line in _LINE.findall(text):
            for start, end, ended_by in _sentences(line):
                rows.append((line[start:end].encode(), end - start, ended_by))
                made += [
                    line[first:last] for first, last in _split_long_sentence(line, start, end, self._cap)
                ]
        columns = [Column("sentence", "token"), Column("characters", "int"), Column("ended by")]
        says = "one ends with its line, where Punkt finds an end, and after the stops of other scripts"
        steps = [Step("sentences", says, (Table("sentences", columns, rows),))]
        if self._cap:
            long = sum(size > self._cap for _, size, _ in rows)
            steps.append(Step("cap", f"at {self._cap:,} characters: {long:,} of {len(rows):,} cut in parts"))
        if not self._special:
            return finished(self, text, steps, made)
        return finished(self, text, steps, [*made, "End of text."], (0, 1))

    def _spans(self, text: str) -> Iterator[Bounds]:
        for at, line in ((line.start(), line[0]) for line in _LINE.finditer(text)):
            yield from ((at + start, at + end) for start, end in _cut_line(line, self._cap))


def _cut_line(line: str, cap: int) -> Iterator[Bounds]:
    """Cut a line into sentences of at most `cap` characters."""
    for start, end, _ in _sentences(line):
        yield from _split_long_sentence(line, start, end, cap)


def _sentences(line: str) -> Iterator[Sentence]:
    """Cut a line into sentences, without the white space around them."""
    ends = {end: "Punkt" for _, end in sent_spans(line)} if _MAY_END.search(line) else {}
    if not line.isascii():
        ends |= {match.end(): "stop" for match in _stops().finditer(line)}
    ends[len(line)] = "line"
    start = 0
    for end in sorted(ends):
        span = _stripped(line, start, end)
        if span[0] < span[1]:
            yield Sentence(*span, ends[end])
        start = end


@cache
def _stops() -> regex.Pattern[str]:
    """Compile what ends a sentence where no letters of ASCII do: a stop, others, and closing marks.

    As in UAX #29 (SB8a to SB11), a comma or the like after them means that the sentence goes on. Quotes that
    open one are not among the closing marks, as they are there.
    """
    import regex

    terms = r"\p{SB=STerm}\p{SB=ATerm}"
    stop = (
        rf"(?:[\p{{SB=STerm}}--\p{{ASCII}}] | (?<=[\p{{Han}}\p{{Hiragana}}\p{{Katakana}}]) [!?]) [{terms}]*+"
    )
    closing = r"[\p{Pe}\p{Pf}\"']*+ \s*+"
    return regex.compile(rf"{stop} {closing} (?![\p{{SB=SContinue}}])", regex.VERBOSE | regex.VERSION1)


def _split_long_sentence(line: str, start: int, end: int, cap: int) -> Iterator[Bounds]:
    """Cut a sentence into parts of at most `cap` characters; 0 sets no limit."""
    while cap and end - start > cap:
        at = _last_pause(line, start, start + cap)
        yield _stripped(line, start, at)
        start, _ = _stripped(line, at, end)
    yield start, end


def _last_pause(line: str, start: int, limit: int) -> int:
    """Find the last place up to `limit` where a sentence that is too long may be cut."""
    for places in (_PAUSE, _BEFORE_SPACE):
        matches = places.finditer(line, start + 1, limit + 1)  # one character more, to look ahead at
        at = max((match.start() for match in matches if match.start() <= limit), default=0)
        if at:
            return at
    import regex

    clusters = regex.finditer(r"\X", line[start : limit + 1])  # no cut within one, unless it is too long
    return max((start + one.end() for one in clusters if start + one.end() <= limit), default=limit)


def _stripped(text: str, start: int, end: int) -> Bounds:
    """Leave out the white space around a span."""
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `concept` itself. Raises UsageError.

    Example: load(Spec("concept", options={"cap": "80"})).count("One. Two.") -> 2
    """
    return Sentences(spec.integer("cap", CAP, least=0, most=1_000_000), special=spec.special)
