"""`tokscope train wordpiece`: a WordPiece vocabulary like BERT's, from texts."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.learning import training
from tokscope.shell.input_options import Inputs
from tokscope.shell.training_options import Learning, MinFrequency


def wordpiece(
    inputs: Inputs,
    learning: Learning,
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Keep case and accents.")] = False,
    min_frequency: MinFrequency = 2,
) -> int:
    """Learn a WordPiece vocabulary, as BERT's, and write it as a tokenizer.json."""
    learner = training.learn_wordpiece(
        learning.vocab_size, lower=not keep_case, min_frequency=min_frequency, special=learning.special
    )
    return learning.learn(learner, inputs, "wordpiece")
