"""Deferred: a tokenizer of the `tokenizers` library, loaded only when there is text enough to need it.

To build an engine of a large vocabulary takes longer than to merge a few words by a table of pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, cast

import tokenizers

from tokscope.backends.hf import HuggingFace
from tokscope.engines.pair_merges import Pairs


class Deferred(HuggingFace):
    """A tokenizer whose engine is built when something needs it: a little text of ASCII is counted without.

    Example: Deferred("gguf:model.gguf", pairs, build).count("Hello world") -> 2

    Its special tokens are hidden. `decodes_by_token` and `pad_id` are asked for before; what else the engine
    tells stands in no attribute until then. encode and count raise what `build` does.
    """

    def __init__(
        self,
        name: str,
        pairs: Pairs,
        build: Callable[[], tokenizers.Tokenizer],
        *,
        byte_level: bool,
        pad_id: int | None,
    ) -> None:
        self.name = name
        self.exact = True  # no two added tokens are alike, as nothing normalizes them
        self.decodes_by_token = byte_level
        self.pad_id = pad_id
        self._dropping = None
        self._pairs = pairs
        self._build = build
        self._building = RLock()
        self._built = False

    def __getattr__(self, name: str) -> Any:
        """Build the engine, which brings the attributes that are missing so far."""
        if name.startswith("__"):  # copy and pickle ask for those that are optional
            raise AttributeError(name)
        with self._building:
            if not self._built:
                self._built = True
                pad_id = self.pad_id
                super().__init__(self._build(), self.name)
                self.pad_id = pad_id
            if name in vars(self):
                return vars(self)[name]
        raise AttributeError(name)

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`."""
        if not self._built:
            counts = [self._pairs.count(text) for text in texts]
            if None not in counts:
                return cast(list[int], counts)
        return super().count_all(texts)
