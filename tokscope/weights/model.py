"""OpenModel: a file of weights, its matrices with a row for each token, and what is said of it beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.files.gguf import Gguf
from tokscope.files.small_files import read_bytes, read_json
from tokscope.weights.tensors import INDEX, Tensor, of_stored, open_tensors

WEIGHT_FILES = (INDEX, "*.safetensors", "*.gguf", "*.npz")
"""What a folder is looked through for, in this order."""

EMBEDDINGS = (
    *("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight", "token_embd.weight"),
    *("tok_embeddings.weight", "shared.weight", "embedding.weight", "embeddings.weight"),
    *("embeddings", "embedding"),
)
"""How the name of the input matrix ends, in one architecture or another."""

OUTPUTS = ("lm_head.weight", "embed_out.weight", "output.weight")
"""The names of an output matrix."""

ENCODERS = ("bert", "roberta", "distilbert", "xlm-roberta", "mpnet", "nomic-bert", "modernbert")
"""Architectures whose files have no output matrix because they do not write."""


class OpenModel:
    """A model's weights.

    Example: OpenModel("SmolLM2-135M-Instruct.Q4_1.gguf").embedding.shape -> (49152, 576)

    `path` names a file of safetensors, GGUF or npz, or a folder with one, or ollama:NAME; `tensor` the matrix
    of rows where it has another name than those of EMBEDDINGS. Raises BrokenTokenizer, and UsageError where
    there is no such matrix.
    """

    def __init__(self, path: str, tensor: str | None = None) -> None:
        self.path = _weights_file(path)
        self.gguf = Gguf(self.path) if read_bytes(self.path, 4).startswith(b"GGUF") else None
        self.tensors = of_stored(self.gguf.tensors()) if self.gguf else open_tensors(self.path)
        self.config: Mapping[str, Any] = {} if self.gguf else self._config()
        self._named = tensor

    def _config(self) -> Mapping[str, Any]:
        """Read the config.json beside the file; what it says of text where the model has more than that."""
        beside = Path(self.path).with_name("config.json")
        if not beside.is_file():
            return {}
        read = read_json(beside)
        if not isinstance(read, dict):
            raise BrokenTokenizer(f"{beside}: is not a configuration of a model")
        text = read.get("text_config")
        return {**read, **text} if isinstance(text, dict) else read

    @property
    def architecture(self) -> str:
        """What kind of model it says it is; empty where it does not say.

        Example: "llama", "bert", "gpt2"
        """
        return self.gguf.text("general.architecture") if self.gguf else str(self.config.get("model_type", ""))

    @cached_property
    def embedding(self) -> Tensor:
        """The matrix with a row for each token of the input.

        Example: OpenModel("model.safetensors").embedding.shape -> (50257, 768)
        """
        if self._named is not None:
            if self._named not in self.tensors:
                raise UsageError(f"--tensor {self._named}: {self.path} has {self._listed()}")
            found = [self.tensors[self._named]]
        else:
            found = [
                tensor
                for ending in EMBEDDINGS
                for name, tensor in self.tensors.items()
                if name == ending or name.endswith(f".{ending}")
            ]
        found = [tensor for tensor in found if len(tensor.shape) == 2 and all(tensor.shape)]
        if not found:
            raise UsageError(
                f"{self.path}: no matrix has a row for each token; name one with --tensor: {self._listed()}"
            )
        return max(found, key=lambda tensor: tensor.shape[0])

    @cached_property
    def output(self) -> Tensor | None:
        """The matrix with a row for each token of the output, None where the file has none of its own.

        Example: OpenModel("llama/model.safetensors").output.name -> "lm_head.weight"
        """
        own = [tensor for name, tensor in self.tensors.items() if name.endswith(OUTPUTS)]
        own = [tensor for tensor in own if tensor.shape == self.embedding.shape]
        return own[0] if own and not self.config.get("tie_word_embeddings") else None

    @property
    def tied(self) -> bool:
        """Whether the output uses the input's matrix, as it does where a model that writes has no other."""
        return self.output is None and self.architecture not in ("", *ENCODERS)

    def _listed(self) -> str:
        """List its largest matrices."""
        matrices = sorted((one for one in self.tensors.values() if len(one.shape) == 2), key=_tensor_size)[
            -6:
        ]
        return (
            ", ".join(f"{one.name} {one.shape[0]:,} x {one.shape[1]:,}" for one in matrices[::-1]) or "none"
        )

    @property
    def tokenizer(self) -> str:
        """The spec of the tokenizer that is in the file or beside it. Raises BrokenTokenizer if none is.

        Example: "gguf:model.gguf", "models/bert"
        """
        if self.gguf is not None:
            return f"gguf:{self.path}"
        from tokscope.files.model_folder import TOKENIZER_FILES

        folder = Path(self.path).parent
        if not any(any(folder.glob(name)) for name in TOKENIZER_FILES):
            raise BrokenTokenizer(f"{self.path}: there is no tokenizer next to it: name one with -t")
        return str(folder)


def _tensor_size(tensor: Tensor) -> int:
    return tensor.shape[0] * tensor.shape[1]


def _weights_file(path: str) -> str:
    """Find the file of weights that a path names."""
    if path.startswith("ollama:"):
        from tokscope.files.ollama import model_blob

        return str(model_blob(path.removeprefix("ollama:")))
    if not os.path.isdir(path):
        return path
    for name in WEIGHT_FILES:
        found = sorted(map(str, Path(path).glob(name)))
        if len(found) > 1:
            raise UsageError(f"{path}: has {len(found)} files {name}: name the one you mean")
        if found:
            return found[0]
    raise UsageError(f"{path}: holds no weights ({', '.join(WEIGHT_FILES)}): name the file")
