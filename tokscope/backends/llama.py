"""`llama:3` and `llama:4`: Llama's own vocabularies, from the package llama-models, as the extra [llama].

Meta's licence keeps them from shipping with tokscope. The files are ranks, like tiktoken's; how text is cut
and which special tokens there are stands in that package's llama3/tokenizer.py and llama4/tokenizer.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from tokscope.backends.bpe import BPE
from tokscope.backends.tiktoken import read_ranks
from tokscope.errors import MissingExtra, UnknownTokenizer
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies.patterns import LLAMA3_PATTERN, O200K_PATTERN

PATTERNS = {"3": LLAMA3_PATTERN, "4": O200K_PATTERN}


def _reserved(kind: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"<|{kind}reserved_special_token_{i}|>" for i in numbers)


SPECIAL = {
    "3": (
        *("<|begin_of_text|>", "<|end_of_text|>", *_reserved("", range(2)), "<|finetune_right_pad_id|>"),
        *("<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>"),
        *("<|python_tag|>", "<|image|>", *_reserved("", range(2, 246))),
    ),
    "4": (
        *("<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
        *("<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>"),
        *_reserved("text_post_train_", range(6)),
        *("<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>"),
        *_reserved("text_post_train_", range(8, 69)),
        *("<|image_start|>", "<|image_end|>", *_reserved("vision_", range(2))),
        *("<|tile_x_separator|>", "<|tile_y_separator|>", *_reserved("vision_", range(2, 6)), "<|image|>"),
        *(*_reserved("vision_", range(6, 7)), "<|patch|>", *_reserved("vision_", range(7, 1048))),
        *(*_reserved("reasoning_", range(8)), "<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"),
        *_reserved("", range(904)),
    ),
}
"""The special tokens, which follow the ranks."""


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `llama:3` or `llama:4`. Raises TokenizerError.

    Example: load(Spec("llama", "3")).count("Hello world") -> 2
    """
    if spec.argument not in PATTERNS:
        raise UnknownTokenizer(str(spec), ["llama:3", "llama:4"])
    package = find_spec("llama_models")
    if package is None or not package.submodule_search_locations:
        raise MissingExtra(f"Llama {spec.argument}'s vocabulary", "llama")
    path = Path(package.submodule_search_locations[0]) / f"llama{spec.argument}" / "tokenizer.model"
    ranks = read_ranks(str(path))
    first = max(ranks.values()) + 1
    special = {token: first + i for i, token in enumerate(SPECIAL[spec.argument])}
    return BPE(
        str(spec),
        ranks,
        PATTERNS[spec.argument],
        first + len(special),
        added=special if spec.special else {},
        special=spec.special,
        prefix=("<|begin_of_text|>",) if spec.special else (),
    )
