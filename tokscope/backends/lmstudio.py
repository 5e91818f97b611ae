"""`lmstudio:PUBLISHER/MODEL`: the tokenizer of a model that LM Studio has on this machine."""

from __future__ import annotations

from tokscope.backends import gguf
from tokscope.files.gguf import Gguf
from tokscope.files.lmstudio import find_model
from tokscope.registry import load as load_tokenizer
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `lmstudio:PUBLISHER/MODEL`, from its GGUF or the folder that it is.

    Example: load(Spec("lmstudio", "infra-ai/ocelot-v1")).name -> "lmstudio:infra-ai/ocelot-v1"

    Raises BrokenTokenizer, and Unsupported as gguf.load() does.
    """
    path = find_model(spec.argument)
    if path.is_dir():  # a model of MLX has its tokenizer.json
        return load_tokenizer(str(path), special=spec.special)
    return gguf.from_gguf(Gguf(path), str(spec), special=spec.special)
