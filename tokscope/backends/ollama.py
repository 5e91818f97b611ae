"""`ollama:MODEL`: the tokenizer of a model that Ollama has on this machine, read from the file it keeps."""

from __future__ import annotations

from tokscope.backends import gguf
from tokscope.files.gguf import Gguf
from tokscope.files.ollama import model_blob
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `ollama:MODEL` or `ollama:MODEL:TAG`.

    Example: load(Spec("ollama", "qwen3:8b")).name -> "ollama:qwen3:8b"

    Raises BrokenTokenizer, and Unsupported as gguf.load() does.
    """
    return gguf.from_gguf(Gguf(model_blob(spec.argument)), str(spec), special=spec.special)
