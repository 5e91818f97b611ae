"""The options that the `train` commands share, in groups like those of options.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import typer

from tokscope.errors import Flaw, UsageError
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import OUTPUT

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from tokscope.learning.training import Learner
    from tokscope.shell.console import Console
    from tokscope.structures.molecule import Molecule

Taken = TypeVar("Taken")

MAX_SETTING = 10_000_000
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
    typer.Option(min=1, max=MAX_SETTING, metavar="N", help="How often a pair must occur to become a token."),
]


class Learning(NamedTuple):
    """What is learned, and where it goes.

    Example: Learning(1000, output="tokenizer.json").learn(training.learn_bpe(1000), inputs, "bpe")
    """

    vocab_size: Annotated[
        int, typer.Option(min=1, max=MAX_SETTING, metavar="N", help="How many tokens to have in all.")
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
        from tokscope.learning import training

        return self.write(
            lambda console: training.train(
                learner, inputs.corpus(console, f"train {command}"), console.progress
            )
        )

    def write(self, train: Callable[[Console], Tokenizer]) -> int:
        """Have a tokenizer trained, write it, and give the exit code. Raises TokscopeError.

        Example: return learning.write(lambda console:
        smiles_training.learn_smiles_bpe(molecules_to_learn(console), 1000))
        """
        if self.output is None:
            raise UsageError("name the file to write: -o tokenizer.json, or -o - for standard output")
        from tokscope.render import IN_JSON
        from tokscope.shell.console import Console

        console = Console(self.output, "plain", endings=(".json",))
        with console.stream(IN_JSON) as out:  # opened first, so that an error comes before the work
            engine = train(console)
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

        Example: HeldOut("a.txt,b.txt").text(inputs, console, "train entropy") -> "the text of both"
        """
        if self.held_out is None:
            return None
        files = Inputs(self.held_out.split(","), encoding=inputs.encoding, errors=inputs.errors)
        return "".join(text for blocks in files.corpus_blocks(console, command) for text in blocks)


def molecules_to_learn(
    inputs: Inputs, console: Console, command: str, taken: Callable[[Molecule], Taken]
) -> Iterator[Taken]:
    """Give what is `taken` of each molecule to learn from, of SMILES, MOL and SDF files.

    Example: learn(molecules_to_learn(inputs, console, "train bpe", lambda one: one.smiles))

    `taken` raises Flaw for a molecule that it refuses. That one, and a line that holds none, is reported, and
    is an error at the end, since it would be another corpus: raises UsageError then, and for a file that
    holds none at all.
    """
    from tokscope.registry import load
    from tokscope.structure_files.stream import Structures, mismatch
    from tokscope.transcriber import Transcriber

    one = load("smiles")
    assert isinstance(one, Transcriber)
    for document in inputs.corpus(console, command):
        with console.reporting():
            if problem := mismatch(document, one.kind):
                raise UsageError(f"{document.path}: {command} {problem}")
            for molecule in Structures(document, one, console.problem):
                try:
                    one.census_of(molecule)
                    read = taken(molecule)
                except Flaw as flaw:
                    console.problem(molecule.located(flaw, document.path))
                else:
                    yield read
                console.progress(document)
