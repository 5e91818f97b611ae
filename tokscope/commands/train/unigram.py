"""`tokscope train unigram`: a Unigram vocabulary like SentencePiece's, from texts."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.learning import training
from tokscope.shell import completion
from tokscope.shell.input_options import Inputs
from tokscope.shell.training_options import Learning


def unigram(
    inputs: Inputs,
    learning: Learning,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=completion.complete_tokenizers,
            help="Learn pieces of bytes, from text cut as this vocabulary does.",
            show_default="words at spaces, byte fallback",
        ),
    ] = None,
) -> int:
    """Learn a Unigram model, as SentencePiece's, and write it as a tokenizer.json."""
    learner = training.learn_unigram(learning.vocab_size, pattern=pattern, special=learning.special)
    return learning.learn(learner, inputs, "unigram")
