"""The word graph of jieba: every word of its dictionary, the most probable route, and the HMM for the rest.

The source of the algorithm: https://github.com/fxsjy/jieba, whose own functions build the graph, find the
route and tag characters here; encode runs another implementation of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import log
from typing import TYPE_CHECKING, NamedTuple

from tokscope.report.table import Column
from tokscope.report.trace import Arc, Facts, Graph, Graphs, Step, Table
from tokscope.tracing.steps import normalization_step, pre_tokenized

if TYPE_CHECKING:
    import jieba

BEST = "best"

_HAN = re.compile("([\u4e00-\u9fd5]+)")  # what the hidden Markov model is asked about
_ALPHANUMERIC = re.compile("[a-zA-Z0-9]")


class Stretch(NamedTuple):
    """A part of a text: a run of what may be words, or what lies between two.

    Example: Stretch("我爱", True), Stretch("，", False)
    """

    text: str
    is_run: bool


def first_steps(parts: Sequence[Stretch]) -> list[Step]:
    """Give the steps before the words: jieba normalizes nothing, and looks for words in each run alone.

    Example: first_steps([Stretch("我爱", True)])[1].says -> "each run of Han, letters and digits ...: 1
    piece"
    """
    says = "each run of Han, letters and digits is cut by itself"
    whole = "".join(part.text for part in parts)
    return [normalization_step(whole, whole, ""), pre_tokenized([part.text.encode() for part in parts], says)]


def explain_words(
    engine: jieba.Tokenizer, parts: Sequence[Stretch], *, hmm: bool
) -> tuple[list[Step], list[str]]:
    """Explain the words of accurate mode: the steps, and the words that they make.

    Example: 我爱自然语言处理 -> 我, 爱, 自然语言, 处理
    """
    graphs: list[Graph] = []
    tagged: list[tuple[str, str, str]] = []
    made: list[str] = []
    for part in parts:
        if not part.is_run:
            made += cut_outside_runs(part.text)
            continue
        drawn, route = _route(engine, part.text)
        graphs.append(drawn)
        made += _with_model(engine, route, tagged) if hmm else _join_letters(route)
    says = "of all routes through the words of the dictionary, the most probable one"
    steps = [*first_steps(parts), Step("word graph", says, (Graphs(graphs),))]
    if hmm and tagged:
        says = "single characters in a row are tagged begin, middle, end or single, and cut by that"
        columns = [
            Column("characters", "token"),
            Column("tags", optional=True),
            Column("words", optional=True),
        ]
        steps.append(
            Step(
                "hidden Markov model",
                says,
                (Table("tagged", columns, [(text.encode(), tags, words) for text, tags, words in tagged]),),
            )
        )
    elif hmm:
        steps.append(Step("hidden Markov model", "not asked: no two characters in a row are left alone"))
    return steps, made


def word_graph(engine: jieba.Tokenizer, run: str, ends: Sequence[int] = ()) -> Graph:
    """Draw up the words of a run, and where there is a route, by the `ends` of its words, mark it.

    Example: word_graph(engine, "我爱", [1, 2]).paths -> {"best": {"log_probability": -13.5...}}
    """
    total = log(engine.total)
    starts = dict(zip([0, *ends], ends, strict=False))
    arcs = []
    for start, lasts in engine.get_DAG(run).items():
        for last in lasts:
            frequency = engine.FREQ.get(run[start : last + 1]) or 0
            facts: Facts = {"frequency": frequency, "log_probability": log(frequency or 1) - total}
            on = [BEST] if starts.get(start) == last + 1 else []
            arcs.append(Arc(start, last + 1, run[start : last + 1], facts, on))
    if not ends:
        return Graph(run, arcs, {})
    whole = sum(float(arc.facts["log_probability"] or 0) for arc in arcs if arc.paths)
    return Graph(run, arcs, {BEST: {"log_probability": whole}})


def cut_outside_runs(text: str) -> list[str]:
    """Cut what lies between runs: every character alone, except CR LF.

    Example: "，\\r\\n " -> "，", "\\r\\n", " "
    """
    return re.findall(r"\r\n|.", text, re.DOTALL)


def _route(engine: jieba.Tokenizer, run: str) -> tuple[Graph, list[str]]:
    """Find the most probable route through a run, as jieba does: from the right, the longer of equals."""
    best: dict[int, tuple[float, int]] = {}
    engine.calc(run, engine.get_DAG(run), best)
    words, ends, start = [], [], 0
    while start < len(run):
        end = best[start][1] + 1
        words.append(run[start:end])
        ends.append(end)
        start = end
    return word_graph(engine, run, ends), words


def _with_model(
    engine: jieba.Tokenizer, route: Sequence[str], tagged: list[tuple[str, str, str]]
) -> Iterator[str]:
    """Cut characters that stand alone in a row by the hidden Markov model; `tagged` gets what it did."""
    import jieba.finalseg

    for alone, words in groupby(route, lambda word: len(word) == 1):
        together = list(words)
        text = "".join(together)
        if not alone or len(text) == 1 or engine.FREQ.get(text):
            yield from together
            continue
        found = list(jieba.finalseg.cut(text))
        tagged.append((text, "".join(_tags(text)), " ".join(found)))
        yield from found


def _tags(text: str) -> Iterator[str]:
    """Give the tag of every Han character, and a hyphen for others, which are cut by a rule."""
    from jieba import finalseg

    for i, block in enumerate(_HAN.split(text)):
        if i % 2:
            yield from finalseg.viterbi(block, "BMES", finalseg.start_P, finalseg.trans_P, finalseg.emit_P)[1]
        else:
            yield "-" * len(block)


def _join_letters(route: Iterable[str]) -> Iterator[str]:
    """Put single letters and digits in a row together, as jieba does without the model."""
    for latin, words in groupby(route, lambda word: len(word) == 1 and bool(_ALPHANUMERIC.match(word))):
        together = list(words)
        yield from ["".join(together)] if latin else together
