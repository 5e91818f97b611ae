"""`llama:3` and `llama:4`: Llama's own vocabularies, from the package llama-models, as the extra [llama].

Meta's licence keeps them from shipping with tokscope. The files are ranks, like tiktoken's; how text is cut
and which special tokens there are stands in that package's llama3/tokenizer.py and llama4/tokenizer.py.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tokscope.backends.bpe.byte_level import BPE
from tokscope.backends.tiktoken import read_ranks
from tokscope.errors import MissingExtra, UnknownTokenizer
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies.patterns import LLAMA3_PATTERN, O200K_PATTERN
from tokscope.vocabularies.special import LLAMA3, LLAMA4

VERSIONS = {"3": (LLAMA3_PATTERN, LLAMA3), "4": (O200K_PATTERN, LLAMA4)}
"""How each cuts text, and its special tokens, which follow the ranks."""


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `llama:3` or `llama:4`. Raises TokenizerError.

    Example: load(Spec("llama", "3")).count("Hello world") -> 2
    """
    if spec.argument not in VERSIONS:
        raise UnknownTokenizer(str(spec), ["llama:3", "llama:4"])
    package = find_spec("llama_models")
    if package is None or not package.submodule_search_locations:
        raise MissingExtra(f"Llama {spec.argument}'s vocabulary", "llama")
    path = Path(package.submodule_search_locations[0]) / f"llama{spec.argument}" / "tokenizer.model"
    ranks = read_ranks(str(path))
    first = max(ranks.values()) + 1
    pattern, names = VERSIONS[spec.argument]
    special = {token: first + i for i, token in enumerate(names)}
    return BPE(
        str(spec),
        ranks,
        pattern,
        first + len(special),
        added=special if spec.special else {},
        special=spec.special,
        prefix=("<|begin_of_text|>",) if spec.special else (),
    )
