"""`jieba`: Chinese words; `jieba:nohmm`: known ones; `jieba:full`, `jieba:search`: words within words.

They are the words of jieba 0.42.1, https://github.com/fxsjy/jieba: for `jieba` of jieba.cut(text), for
`jieba:nohmm` of jieba.cut(text, HMM=False), for `jieba:full` of jieba.cut(text, cut_all=True), for
`jieba:search` of jieba.cut_for_search(text). The first two tile the text, white space included. The words of
the others overlap: a token's span is what no earlier one has covered, of no width where nothing is left, and
its label is then the whole word. (The empty words that `jieba:full` has beside white space are jieba's own.)

`?dict=FILE` adds words that are to stay whole, as jieba.load_userdict() does: UTF-8, one to a line, WORD
[FREQUENCY] [TAG]. Without a frequency a word gets one that keeps it together. `?main=FILE` puts a dictionary
in place of jieba's own, as jieba.set_dictionary() does: the same lines, each with its frequency.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import accumulate, filterfalse, pairwise, takewhile
from typing import TYPE_CHECKING, Any

from tokscope.files.jieba_dictionary import UserWords, forgotten_of, reference_of, user_words_of
from tokscope.split import Split
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    import jieba

    from tokscope.report.trace import Step, Trace

CutWords = Callable[[str, bool], list[str]]
"""Text, and whether to guess at unknown words by a hidden Markov model -> words."""

Known = Callable[[str], object]
"""Whether a word of two or more characters is in the dictionary."""


Explain = Callable[[str], tuple[list["Step"], list[str]]]
"""Text -> the steps that show why it is cut into words, and the words."""

# jieba looks for words in runs of these characters, in each run alone.
_WORDY = r"\u4E00-\u9FD5a-zA-Z0-9+#&._%\-"
_WORDY_RUN = re.compile(f"[{_WORDY}]+")
_RUN = re.compile(rf"([{_WORDY}]+)")
_BETWEEN_RUNS = re.compile(rf"[^{_WORDY}\r\n]")
_SPACE = re.compile(r"(\r\n|\s)")

# Where jieba-rs puts together what is unknown and not Chinese, and how jieba cuts that.
_SEPARATOR = re.compile(r"[-_.]")
_NUMBER = re.compile(r"([a-zA-Z0-9]+(?:\.[0-9]+)?%?)")


class Explained(Tokenizer):
    """Words whose cuts the dictionary explains.

    Example: load("jieba").trace("我爱北京").steps
    """

    whole = True

    def __init__(self, name: str, explain: Explain) -> None:
        self.name = name
        self._explain = explain

    def trace(self, text: str) -> Trace:
        """Show the graph of the words that the dictionary has, and which of them are tokens."""
        from tokscope.tracing.steps import finished

        return finished(self, text, *self._explain(text))


class JiebaWords(Explained):
    """Words that tile the text.

    Example: load("jieba").encode("我爱自然语言处理") holds 我, 爱, 自然语言 and 处理
    """

    unlabelled = True
    # Where a run begins: jieba cuts each run, and what lies between two, without a look at the others.
    cut = re.compile(rf"(?<=[^{_WORDY}])(?=[{_WORDY}])")

    def __init__(self, name: str, words: Callable[[str], list[str]], explain: Explain) -> None:
        super().__init__(name, explain)
        self._words = words

    def encode(self, text: str) -> Split:
        """Cut `text` into words.

        Example: load("jieba").encode("我爱北京").starts -> [0, 3, 6]
        """
        return Split.of_characters(text, pairwise(accumulate(map(len, self._words(text)), initial=0)))

    def count(self, text: str) -> int:
        """Count the words of `text`: each run that occurs, once, and what lies between them.

        Example: load("jieba").count("我爱北京") -> 3
        """
        runs = Counter(_WORDY_RUN.findall(text))
        between = len(text) - sum(len(run) * times for run, times in runs.items()) - text.count("\r\n")
        # Between runs every character is a word, except CR LF; so a NUL there parts the runs' own words.
        once = [run for run, times in runs.items() if times == 1]
        words = len(self._words("\0".join(once))) - max(len(once) - 1, 0)
        often = {run: times for run, times in runs.items() if times > 1}
        of_runs = iter(self._words("\0".join(often)))
        for times in often.values():
            words += times * sum(1 for _ in takewhile("\0".__ne__, of_runs))
        return between + words


class OverlappingWords(Explained):
    """Words that may begin before an earlier one has ended: each has the span that is left.

    Example: load("jieba:search").encode("科学院") holds 科学, 院 labelled 学院, and 科学院 of no width
    """

    cut = JiebaWords.cut

    def __init__(
        self, name: str, words: Callable[[str], Iterable[tuple[int, str]]], explain: Explain
    ) -> None:
        super().__init__(name, explain)
        self._words = words

    def encode(self, text: str) -> Split:
        """Cut `text` into words."""
        spans: list[tuple[int, int]] = []
        labels: list[str | None] = []
        covered = 0
        for start, word in self._words(text):
            begin, covered = max(start, covered), max(start + len(word), covered)
            spans.append((begin, covered))
            labels.append(word if text[begin:covered] != word else None)
        return Split.of_characters(text, spans, labels=labels)

    def count(self, text: str) -> int:
        """Count the words of `text`."""
        return sum(1 for _ in self._words(text))


def _cut_words(cut: CutWords, known: Known, text: str, hmm: bool) -> list[str]:
    """Cut with jieba-rs into words as long as those of jieba.cut(text, HMM=hmm), 20 times as fast.

    jieba-rs has jieba's arithmetic, and differs in two things. More characters are Chinese to it: so it gets
    a NUL for each that lies between runs, where every character is a token to jieba, except CR LF. Unknown
    words like "covid-19" and "1.2.3" it keeps in one piece: so they are cut here.
    """
    words = cut(_BETWEEN_RUNS.sub("\0", text), hmm)
    if not hmm or not _SEPARATOR.search(text):
        return words
    parted = {
        word: list(filter(None, _NUMBER.split(word)))
        for word in set(filterfalse(str.isalnum, words))
        if _SEPARATOR.search(word) and not known(word)
    }
    return [part for word in words for part in parted.get(word, (word,))]


def _cut_for_search(cut: CutWords, known: Known, text: str) -> Iterator[tuple[int, str]]:
    """Give the known words of two and three characters within each word, then the word, as (start, word)."""
    start = 0
    for end in accumulate(map(len, cut(text, True))):
        for size in (2, 3):
            if end - start > size:
                for at in range(start, end - size + 1):
                    if known(text[at : at + size]):
                        yield at, text[at : at + size]
        yield start, text[start:end]
        start = end


def _cut_all(engine: jieba.Tokenizer, text: str) -> Iterator[tuple[int, str]]:
    """Give every known word in `text`, and what is in none, as (start, word)."""
    start = 0
    for i, part in enumerate(_RUN.split(text)):
        if i % 2:
            for at, word in _cut_run(engine, part):
                yield start + at, word
            start += len(part)
        elif part:
            for piece in _SPACE.split(part):
                yield start, piece
                start += len(piece)


def _cut_run(engine: jieba.Tokenizer, run: str) -> Iterator[tuple[int, str]]:
    """Cut one run as jieba's __cut_all does, which does not tell where its words are.

    A word is alone if no other starts where it does, and none from before reaches it. Those alone that start
    with an ASCII letter or digit are put together, until a character comes that is neither.
    """
    gathered, gathered_at, reached = "", 0, 0
    for start, lasts in engine.get_DAG(run).items():
        latin = run[start].isascii() and run[start].isalnum()
        if gathered and not latin:
            yield gathered_at, gathered
            gathered = ""
        if len(lasts) == 1 and start >= reached:
            reached = lasts[0] + 1
            if not latin:
                yield start, run[start:reached]
                continue
            gathered_at = gathered_at if gathered else start
            gathered += run[start:reached]
        else:
            for last in lasts:
                if last > start:
                    reached = last + 1
                    yield start, run[start:reached]
    if gathered:
        yield gathered_at, gathered


def _explain_cuts(
    reference: Callable[[], jieba.Tokenizer], forgotten: set[str], variant: str, text: str
) -> tuple[list[Step], list[str]]:
    """Explain each variant by jieba itself: what the graph has, what of it is taken, and what that gives."""
    from tokscope.report.table import Column
    from tokscope.report.trace import Graphs, Step, Table
    from tokscope.tracing.word_graph import Stretch, explain_words, first_steps, word_graph

    engine = reference()
    import jieba.finalseg

    jieba.finalseg.Force_Split_Words = forgotten  # one for all its Tokenizers
    parts = [Stretch(part, bool(i % 2)) for i, part in enumerate(_RUN.split(text)) if part]
    if variant == "full":
        graphs = [word_graph(engine, part.text) for part in parts if part.is_run]
        says = "every word of the dictionary is taken, and a single character where no word covers it"
        steps = [*first_steps(parts), Step("word graph", says, (Graphs(graphs),))]
        return steps, [word for _, word in _cut_all(engine, text)]
    steps, words = explain_words(engine, parts, hmm=variant != "nohmm")
    if variant == "search":
        found = [
            [word for _, word in _cut_for_search(lambda word, _: [word], engine.FREQ.get, word)]
            for word in words
        ]
        columns = [Column("word", "token"), Column("words within", optional=True)]
        rows = [(word.encode(), " ".join(within[:-1])) for word, within in zip(words, found, strict=True)]
        says = "the words of two and three characters within each word are put before it"
        steps.append(Step("words within words", says, (Table("words", columns, rows),)))
        words = [word for within in found for word in within]
    return steps, words


@cache
def _rjieba() -> Any:
    """Import rjieba when there is something to cut: it reads its dictionary meanwhile, which takes 0.1 s."""
    import rjieba

    return rjieba


def _build_cutter(main: str | None, user_words: UserWords) -> tuple[CutWords, Known]:
    """Give what cuts as jieba does, and what knows its words."""
    if main is None and not user_words:
        return (
            lambda text, hmm: _cut_words(_rjieba().cut, _rjieba().has_word, text, hmm),
            lambda word: _rjieba().has_word(word),
        )
    reference = reference_of(main, user_words)
    # A word of frequency 0 is one that jieba is to forget, and jieba-rs cannot. And where a hyphen is a word,
    # something unknown can look like a known word that has one, which _cut_words() would leave whole.
    forgotten = forgotten_of(user_words)
    if forgotten or any(_SEPARATOR.fullmatch(word) for word, _ in user_words):
        return partial(_cut_by_jieba, reference, forgotten), reference.FREQ.get
    rjieba = _rjieba()
    engine = rjieba.Jieba() if main is None else rjieba.Jieba.empty()
    for word in (word for word, _ in user_words) if main is None else reference.FREQ:
        if reference.FREQ[word]:  # else the beginning of a word
            engine.add_word(word, reference.FREQ[word], None)
    # jieba's total still holds the old frequency of a word that got another one. A word that can be in no run
    # makes up for it.
    engine.add_word(" ", reference.total - sum(reference.FREQ.values()), None)
    return partial(_cut_words, engine.cut, engine.has_word), engine.has_word


def _cut_by_jieba(reference: jieba.Tokenizer, forgotten: set[str], text: str, hmm: bool) -> list[str]:
    import jieba.finalseg

    jieba.finalseg.Force_Split_Words = forgotten  # one for all its Tokenizers
    words: list[str] = reference.lcut(text, HMM=hmm)
    return words


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `jieba`, `jieba:nohmm`, `jieba:full` or `jieba:search`.

    Example: load(Spec("jieba")).count("我爱自然语言处理") -> 4

    Raises BrokenTokenizer if the file of `?dict=` cannot be read or is not a dictionary.
    """
    name, dictionary, main = str(spec), spec.text("dict"), spec.text("main")
    user_words = [] if dictionary is None else user_words_of(dictionary)
    reference = cache(partial(reference_of, main, user_words))
    explain = partial(_explain_cuts, reference, forgotten_of(user_words), spec.argument)
    if spec.argument == "full":
        return OverlappingWords(name, partial(_cut_all, reference()), explain)
    cut, known = _build_cutter(main, user_words)
    if spec.argument == "search":
        return OverlappingWords(name, partial(_cut_for_search, cut, known), explain)
    return JiebaWords(name, lambda text: cut(text, spec.argument != "nohmm"), explain)
