"""`tokscope train bpe`: a BPE vocabulary from texts; its siblings share its options."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from tokscope.console import Console
from tokscope.errors import ExitCode, UsageError
from tokscope.learning import training
from tokscope.learning.training import Learner
from tokscope.options import OUTPUT, Inputs
from tokscope.registry import DEFAULT

MOST = 10_000_000
"""The largest figure that the trainers are given: for a far larger vocabulary they die for want of memory."""

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
    int,
    typer.Option(min=1, max=MOST, metavar="N", help="How often a pair has to come to become a token."),
]


class Learning(NamedTuple):
    """What is learned, and where it goes."""

    vocab_size: Annotated[
        int, typer.Option(min=1, max=MOST, metavar="N", help="How many tokens to have in all.")
    ] = 30000
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
            engine = training.train(learner, inputs.corpus(console, f"train {command}"), console.progress)
            out.write(engine.to_str(pretty=True).encode() + b"\n")
        if engine.get_vocab_size() < self.vocab_size:
            console.say(f"the corpus gave {engine.get_vocab_size():,} tokens, not {self.vocab_size:,}")
        return ExitCode.OK


def bpe(
    inputs: Inputs,
    learning: Learning,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Cut text before merging as this vocabulary does.",
            show_default=DEFAULT,
        ),
    ] = None,
    byte_fallback: Annotated[
        bool,
        typer.Option(
            "--byte-fallback",
            help="Merge characters, not bytes, in words at spaces; new characters are bytes, as Llama's.",
        ),
    ] = False,
    min_frequency: MinFrequency = 2,
) -> int:
    """Learn a BPE vocabulary, of bytes unless told otherwise: a tokenizer.json, for -t hf:FILE and others."""
    if byte_fallback and pattern is not None:
        raise UsageError("--pattern is for BPE of bytes and --byte-fallback for characters: one of them")
    learner = training.bpe(
        learning.vocab_size,
        pattern=None if byte_fallback else pattern or DEFAULT,
        min_frequency=min_frequency,
        special=learning.special,
    )
    return learning.learn(learner, inputs, "bpe")
