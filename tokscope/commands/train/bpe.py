"""`tokscope train bpe`: a byte-level BPE vocabulary from texts; its siblings share its options."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import typer

from tokscope import training
from tokscope.console import Console
from tokscope.errors import ExitCode, UsageError
from tokscope.inputs import Document
from tokscope.options import OUTPUT, Inputs
from tokscope.training import Learner

SpecialTokens = Annotated[
    list[str] | None,
    typer.Option(
        "--special-token",
        metavar="TOKEN",
        help="Begin with this special token. Repeatable.",
        show_default=False,
    ),
]
MinFrequency = Annotated[
    int, typer.Option(min=1, metavar="N", help="How often a pair has to come to become a token.")
]


class Learning(NamedTuple):
    """What is learned, and where it goes."""

    vocab_size: Annotated[int, typer.Option(min=1, metavar="N", help="How many tokens to have in all.")] = (
        30000
    )
    special_tokens: SpecialTokens = None
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write the tokenizer.json here.", rich_help_panel=OUTPUT
        ),
    ] = None

    @property
    def special(self) -> list[str]:
        """The special tokens, in the order of their ids."""
        return self.special_tokens or []

    def learn(self, learner: Learner, inputs: Inputs, command: str) -> int:
        """Train on the inputs, all of them, and write what came of it. Raises TokscopeError."""
        if self.output is None:
            raise UsageError("name the file to write: -o tokenizer.json, or -o - for standard output")
        console = Console("plain", self.output, "never")
        with console.stream() as out:  # opened first: what cannot be written is known before the work
            engine = training.train(learner, self._all(inputs, console, command), console.progress)
            out.write(engine.to_str(pretty=True).encode() + b"\n")
        if engine.get_vocab_size() < self.vocab_size:
            console.say(f"the corpus gave {engine.get_vocab_size():,} tokens, not {self.vocab_size:,}")
        return ExitCode.OK

    def _all(self, inputs: Inputs, console: Console, command: str) -> Iterator[Document]:
        yield from inputs.documents(console, f"train {command}")
        if console.problems:
            raise UsageError("a part of the corpus cannot be read, so nothing was learned")
        if sys.stderr is not None and sys.stderr.isatty():
            console.say("all is read; learning from it")


def bpe(
    inputs: Inputs,
    learning: Learning,
    pattern: Annotated[
        str, typer.Option(metavar="NAME", help="Cut text before merging as this vocabulary does.")
    ] = "o200k_base",
    min_frequency: MinFrequency = 2,
) -> int:
    """Learn a byte-level BPE vocabulary: a tokenizer.json that -t hf:FILE and every library reads."""
    learner = training.bpe(
        learning.vocab_size, pattern=pattern, min_frequency=min_frequency, special=learning.special
    )
    return learning.learn(learner, inputs, "bpe")
