"""`tokscope train bpe`: a BPE vocabulary from texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.errors import UsageError
from tokscope.learning import training
from tokscope.registry import DEFAULT
from tokscope.shell import completion
from tokscope.shell.input_options import Inputs
from tokscope.shell.training_options import Learning, MinFrequency, molecules_to_learn

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from tokscope.shell.console import Console


def bpe(
    inputs: Inputs,
    learning: Learning,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=completion.complete_tokenizers,
            help="Cut text before merging as this vocabulary does; smiles merges tokens of SMILES.",
            show_default=DEFAULT,
        ),
    ] = None,
    byte_fallback: Annotated[
        bool,
        typer.Option(
            "--byte-fallback",
            help="Merge characters, not bytes, in words at spaces; unknown ones become bytes, as in Llama.",
        ),
    ] = False,
    min_frequency: MinFrequency = 2,
) -> int:
    """Learn a BPE vocabulary, and write it as a tokenizer.json for -t FILE and other libraries."""
    if byte_fallback and pattern is not None:
        raise UsageError("--pattern is for BPE of bytes, --byte-fallback for characters: use one of them")
    if pattern == "smiles":
        return learning.write(lambda console: _of_smiles(inputs, console, learning, min_frequency))
    learner = training.learn_bpe(
        learning.vocab_size,
        pattern=None if byte_fallback else pattern or DEFAULT,
        min_frequency=min_frequency,
        special=learning.special,
    )
    return learning.learn(learner, inputs, "bpe")


def _of_smiles(inputs: Inputs, console: Console, learning: Learning, min_frequency: int) -> Tokenizer:
    from tokscope.learning import smiles_training

    corpus = molecules_to_learn(inputs, console, "train bpe", lambda one: one.smiles)
    return smiles_training.learn_smiles_bpe(
        corpus, learning.vocab_size, min_frequency=min_frequency, special=learning.special
    )
