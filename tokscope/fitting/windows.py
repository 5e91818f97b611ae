"""Windows: how much of each model's context window an input takes, and what sending it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tokscope.measure import Whole
from tokscope.models.limits import Model
from tokscope.models.names import vocabulary_of
from tokscope.models.prices import input_price
from tokscope.registry import DEFAULT


class Fit(NamedTuple):
    """An input in the context window of one model.

    Example: Fit(model_of("gpt-4"), "cl100k_base", 8000, True, None).left -> 192

    `tokenizer` is what counted `tokens`: the model's own, or another that stands for it, and then the count
    is not `exact`. `price` is in US dollars, None where it is not known.
    """

    model: Model
    tokenizer: str
    tokens: int
    exact: bool
    price: float | None

    @property
    def used(self) -> float:
        """The share of the window that the input takes, more than 1 where it is too long."""
        return self.tokens / self.model.window

    @property
    def fits(self) -> bool:
        """Whether the model takes the input, if only with little room for an answer."""
        return self.tokens <= self.model.input

    @property
    def left(self) -> int:
        """The tokens that are left for the answer."""
        return self.model.left(self.tokens)


def fits(whole: Whole, models: Sequence[Model], *, priced: bool) -> list[Fit]:
    """Say how an input fits the window of each model; `whole` has its counts by the tokenizers of all.

    Example: fits(whole, models_of(["gpt-4o"]), priced=False)[0].fits -> True

    A model whose tokenizer is not known is counted by DEFAULT. With `priced` each has a price; raises
    MissingExtra without a price list.
    """
    found = []
    for model in models:
        vocabulary = vocabulary_of(model.name)
        tokens = whole.tokens[vocabulary or DEFAULT]
        exact = vocabulary is not None and whole.exact[vocabulary]
        price = input_price(model.name, tokens) if priced else None
        found.append(Fit(model, vocabulary or DEFAULT, tokens, exact, price))
    return found
