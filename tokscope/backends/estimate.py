"""`estimate:MODEL`, and the name alone: a model whose vocabulary does not ship, by one that stands in for it.

Only counts can be estimated: where such a model cuts a text nobody knows. The bounds are in
tokscope.models.estimates, with where they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokscope.errors import UnknownTokenizer, Unsupported, similar
from tokscope.models.estimates import estimate_count
from tokscope.models.names import MODELS, StandIn, stand_in
from tokscope.registry import load as load_tokenizer
from tokscope.tokenizer import CutsNoText, Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    pass


class Estimated(CutsNoText):
    """A model's counts, estimated from those of the vocabulary that stands in for its own.

    Example: load("claude-opus-5").count("Hello world") -> Estimate(4, low=2, high=6)
    """

    exact = False
    cuts = False

    def __init__(self, name: str, found: StandIn, inner: Tokenizer) -> None:
        self.name = name
        self.cut = inner.cut
        self.note = f"by {inner.name}; {found.why}"
        self._generation = found.generation
        self.stand_in = self._inner = inner

    def count(self, text: str) -> int:
        """Estimate the tokens of `text`: an Estimate, with bounds."""
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Estimate the tokens of each of `texts`."""
        counts = self._inner.count_all(texts)
        return [
            estimate_count(text, count, self._generation) for text, count in zip(texts, counts, strict=True)
        ]

    def expect(self, chars: int) -> None:
        """Say it to the vocabulary that stands in."""
        self._inner.expect(chars)

    def refusal(self) -> Unsupported:
        """Say what shows tokens: the vocabulary that stands in."""
        return Unsupported(
            f"{self.name}: its tokens are not published, only its counts can be estimated; "
            f"-t {self._inner.name} shows those of the vocabulary that stands in"
        )


def load(spec: Spec) -> Tokenizer:
    """Build the estimate for `estimate:MODEL` or a bare MODEL. Raises UnknownTokenizer.

    Example: load(Spec("estimate", "claude-opus-5")).name -> "claude-opus-5"
    """
    found = stand_in(spec.argument)
    if found is None:
        raise UnknownTokenizer(str(spec), similar(spec.argument.lower(), MODELS))
    return Estimated(found.model, found, load_tokenizer(found.vocabulary))
