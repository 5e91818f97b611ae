"""The options that the `train` commands share, in groups like those of options.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.shell.options import OUTPUT, Inputs

if TYPE_CHECKING:
    from tokscope.learning.training import Learner
    from tokscope.shell.console import Console

MOST = 10_000_000
"""The largest figure to give the trainers: with a much larger vocabulary they run out of memory."""

NewSpecialTokens = Annotated[
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
    typer.Option(min=1, max=MOST, metavar="N", help="How often a pair must occur to become a token."),
]


class Learning(NamedTuple):
    """What is learned, and where it goes.

    Example: Learning(1000, output="tokenizer.json").learn(training.bpe(1000), inputs, "bpe")
    """

    vocab_size: Annotated[
        int, typer.Option(min=1, max=MOST, metavar="N", help="How many tokens to have in all.")
    ] = 30000
    special_tokens: NewSpecialTokens = None
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
        """Train on all inputs, write the tokenizer, and give the exit code. Raises TokscopeError.

        Example: return learning.learn(learner, inputs, "bpe")
        """
        if self.output is None:
            raise UsageError("name the file to write: -o tokenizer.json, or -o - for standard output")
        from tokscope.learning import training
        from tokscope.render import JSON
        from tokscope.shell.console import Console

        console = Console(self.output, "plain")
        with console.stream(JSON) as out:  # opened first, so that an error comes before the work
            engine = training.train(learner, inputs.corpus(console, f"train {command}"), console.progress)
            out.write(engine.to_str(pretty=True).encode() + b"\n")
        if engine.get_vocab_size() < self.vocab_size:
            console.say(f"the corpus gave {engine.get_vocab_size():,} tokens, not {self.vocab_size:,}")
        return console.end()


class HeldOut(NamedTuple):
    """The texts that a byte model does not learn from.

    Example: HeldOut("a.txt,b.txt").text(inputs, console, "train entropy")
    """

    held_out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE,...", help="Set the thresholds on these texts, not on a part of the corpus."
        ),
    ] = None

    def text(self, inputs: Inputs, console: Console, command: str) -> str | None:
        """Read them as the inputs are read; None if none are named. Raises UsageError.

        Example: HeldOut(None).text(inputs, console, "train entropy") -> None
        """
        if self.held_out is None:
            return None
        files = Inputs(self.held_out.split(","), encoding=inputs.encoding, errors=inputs.errors)
        return "".join(text for blocks in files.corpus_blocks(console, command) for text in blocks)
