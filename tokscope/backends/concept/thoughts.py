"""`concept:latent`: the continuous thoughts that Coconut has in place of a written chain of thought.

Coconut (Hao et al. 2024, arXiv:2412.06769) trains in stages. At stage k the first k reasoning steps are gone,
and c thoughts stand for each; the steps that are left are written, as GPT-2 cuts them. A stage later than the
most that there are has no steps left. The counts are those of get_cot_latent_dataset() in dataset.py of
https://github.com/facebookresearch/coconut, for steps alone: no question, no answer.

A step is a line. `?per=` is c: 2 unless given, as for GSM8k (1 for ProntoQA and ProsQA). `?stage=` is k; the
last unless given, when no step is left. `?most=` is the most stages that have thoughts of their own (3 for
GSM8k, 6 for the others); as many as there are steps unless given. `?pad=true` gives the last stage thoughts
for the most, whatever the number of steps: all released configurations do so, and always have 6. `--special`
adds the markers <bot> and <eot> around the thoughts.

    ?per=1&stage=1   "Tom is a terpus.\\nEvery terpus is a brimpus.\\n" -> 1 thought, then 9 tokens of GPT-2
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import UsageError
from tokscope.split import Split
from tokscope.text.cuts import AFTER_NEWLINE
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.report.trace import Trace

PER = 2
"""Continuous thoughts that take the place of one reasoning step."""

MAX_OPTION = 1000
"""What an option may be at most."""


class Schedule(NamedTuple):
    """What of a text becomes thoughts.

    Example: Schedule(per=1, stage=2).thoughts(steps=3) -> 2, and one step is left
    """

    per: int = PER
    stage: int | None = None
    most: int | None = None
    pad: bool = False

    @property
    def last(self) -> bool:
        """Whether no step is left, however many there are."""
        return self.stage is None or (self.most is not None and self.stage > self.most)

    def thoughts(self, steps: int) -> int:
        """Say how many thoughts come before what is left of `steps` steps.

        Example: Schedule(per=2, most=3, pad=True).thoughts(steps=1) -> 6
        """
        if self.stage is not None and not self.last:
            return self.per * self.stage
        if self.most is None:
            return self.per * steps
        return self.per * (self.most if self.pad else min(self.most, steps))

    def left(self, steps: int) -> int:
        """Say how many of `steps` steps are still written.

        Example: Schedule(stage=1).left(steps=3) -> 2
        """
        return 0 if self.stage is None or self.last else max(0, steps - self.stage)


class Thoughts(Tokenizer):
    """Continuous thoughts in place of reasoning steps: the first of each has the span of the step.

    Example: load("concept:latent").count("3 + 4 = 7\\n7 * 2 = 14") -> 4
    """

    exact = False
    whole = True

    def __init__(self, name: str, schedule: Schedule, *, special: bool = False) -> None:
        self.name = name
        self._schedule = schedule
        self._special = special
        if schedule.stage is None and schedule.most is None and not special:
            self.cut = AFTER_NEWLINE  # each step by itself

    @cached_property
    def _writing(self) -> Tokenizer:
        from tokscope.registry import load

        return load("gpt2")

    def encode(self, text: str) -> Split:
        """Give the thoughts that stand for the first lines of `text`, and the tokens of the others."""
        data = text.encode()
        steps = list(_nonempty_lines(data))
        thoughts, left = self._schedule.thoughts(len(steps)), self._schedule.left(len(steps))
        gone = steps[: len(steps) - left]
        at = gone[-1][1] if gone else 0
        spans: list[tuple[int, int]] = []
        for start, end in gone:
            spans += [(start, end), *[(end, end)] * (self._schedule.per - 1)]
        spans = [*spans[:thoughts], *[(at, at)] * (thoughts - len(spans))]
        labels: list[str | None] = ["<thought>"] * thoughts
        if self._special:
            spans = [(0, 0), *spans, (at, at)]
            labels = ["<bot>", *labels, "<eot>"]
        for start, end in steps[len(gone) :]:
            most = end + (data[end : end + 1] == b"\n")  # a last line has no newline, but is written with one
            for token in self._writing.encode(f"{data[start:end].decode()}\n"):
                spans.append((start + token.start, min(start + token.end, most)))
                labels.append("\\n" if spans[-1][0] == spans[-1][1] else None)
        return Split(data, [start for start, _ in spans], [end for _, end in spans], labels=labels)

    def count(self, text: str) -> int:
        """Count the thoughts that stand for the first lines of `text`, and the tokens of the others."""
        data = text.encode()
        steps = list(_nonempty_lines(data))
        left = self._schedule.left(len(steps))
        written = [f"{data[start:end].decode()}\n" for start, end in steps[len(steps) - left :]]
        return (
            self._schedule.thoughts(len(steps)) + 2 * self._special + sum(map(self._writing.count, written))
        )

    def trace(self, text: str) -> Trace:
        """Show the reasoning steps, and what each becomes."""
        from tokscope.tracing.one_step import rule_step
        from tokscope.tracing.steps import finished, token_texts

        data = text.encode()
        lines = [data[start:end].decode() for start, end in _nonempty_lines(data)]
        left = self._schedule.left(len(lines))
        says = "each line that is not empty is a reasoning step, which becomes thoughts or stays written"
        becomes = dict.fromkeys(lines[len(lines) - left :], "written")
        thoughts = f"{self._schedule.per:,} thoughts" if self._schedule.per > 1 else "1 thought"
        steps = [rule_step(says, lines, "becomes", lambda line: becomes.get(line, thoughts))]
        made = token_texts(self.encode(text))
        return finished(self, text, steps, made, (1, 1) if self._special else None)


def _nonempty_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Find the lines of a text that are not empty, without the white space around them."""
    at = 0
    for line in data.decode().split("\n"):
        start = at + len(line[: len(line) - len(line.lstrip())].encode())
        if step := line.strip():
            yield start, start + len(step.encode())
        at += len(line.encode()) + 1


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `concept:latent`. Raises UsageError.

    Example: load(Spec("concept", "latent", {"per": "1", "stage": "2"})).count("a\\nb\\nc") -> 4
    """
    stage = spec.integer("stage", None, least=0, most=MAX_OPTION)
    most = spec.integer("most", None, most=MAX_OPTION)
    schedule = Schedule(spec.integer("per", PER, most=MAX_OPTION), stage, most, spec.flag("pad", False))
    if schedule.pad and most is None:
        raise UsageError(f"{spec}: pad fills up to the most stages: say how many, like most=3")
    return Thoughts(str(spec), schedule, special=spec.special)
