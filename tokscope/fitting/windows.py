"""Windows: how much of each model's context window an input takes, and what sending it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tokscope.measure import Whole
from tokscope.models.limits import Model
from tokscope.models.names import own_name, vocabulary_of
from tokscope.models.prices import input_price
from tokscope.report.table import most


class Fit(NamedTuple):
    """An input in the context window of one model.

    Example: Fit(model_of("gpt-4"), "cl100k_base", 8000, True, None).left -> 192

    `tokenizer` is what counted `tokens`. Where that is an estimate, all is judged by the most that it may be,
    and the price alone by the middle. `price` is in US dollars, None where it is not known.
    """

    model: Model
    tokenizer: str
    tokens: int
    exact: bool
    price: float | None

    @property
    def used(self) -> float:
        """The share of the window that the input takes, more than 1 where it is too long."""
        return most(self.tokens) / self.model.window

    @property
    def fits(self) -> bool:
        """Whether the model takes the input, if only with little room for an answer."""
        return most(self.tokens) <= self.model.input

    @property
    def left(self) -> int:
        """The tokens that are left for the answer."""
        return self.model.left(most(self.tokens))


def tokenizer_of(model: Model) -> str:
    """Name the tokenizer by which a model is counted: its vocabulary, or its own name where that is unknown.

    Example: tokenizer_of(model_of("gpt-4o-2024-05-13")) -> "o200k_base"
    """
    return vocabulary_of(model.name) or own_name(model.name)


def fits(whole: Whole, models: Sequence[Model], *, priced: bool) -> list[Fit]:
    """Say how an input fits the window of each model; `whole` has its counts by the tokenizers of all.

    Example: fits(whole, models_of(["gpt-4o"]), priced=False)[0].fits -> True

    With `priced` each has a price; raises MissingExtra without a price list.
    """
    found = []
    for model in models:
        tokenizer = tokenizer_of(model)
        tokens, exact = whole.tokens[tokenizer], whole.exact[tokenizer]
        price = input_price(model.name, tokens) if priced else None
        found.append(Fit(model, tokenizer, tokens, exact, price))
    return found
