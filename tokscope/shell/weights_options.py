"""The options that the `weights` commands share, in a group like those of options.py."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import MissingExtra
from tokscope.registry import load
from tokscope.shell import completion

if TYPE_CHECKING:
    from tokscope.tokenizer import Tokenizer
    from tokscope.weights.model import OpenModel


class ModelWeights(NamedTuple):
    """The model to look into, and its tokenizer.

    Example: ModelWeights("model.gguf").load().embedding.shape -> (49152, 576)
    """

    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A file of safetensors, GGUF or npz, a folder with one, or ollama:NAME.",
            show_default=False,
        ),
    ]
    tokenizer_name: Annotated[
        str | None,
        typer.Option(
            *("-t", "--tokenizer"),
            metavar="NAME",
            help="The model's tokenizer.",
            autocompletion=completion.complete_tokenizers,
            show_default="what is in the file or beside it",
        ),
    ] = None
    tensor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The matrix with a row for each token, if its name is unusual.",
            show_default=False,
        ),
    ] = None

    def load(self) -> OpenModel:
        """Open the model. Raises MissingExtra without NumPy, BrokenTokenizer and UsageError.

        Example: ModelWeights("models/bert").load().architecture -> "bert"
        """
        self.check()
        from tokscope.weights.model import OpenModel

        return OpenModel(self.model, self.tensor)

    def check(self) -> None:
        """Raise MissingExtra without NumPy.

        Example: ModelWeights("model.gguf").check()
        """
        if find_spec("numpy") is None:
            raise MissingExtra("weights", "weights")

    def tokenizer(self, model: OpenModel, *, special: bool = False) -> Tokenizer:
        """Load the model's tokenizer. Raises TokenizerError.

        Example: weights.tokenizer(weights.load()).count("Hello world") -> 2
        """
        return load(self.tokenizer_name or model.tokenizer, special=special)
