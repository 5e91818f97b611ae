"""Windows: how much of each model's context window an input takes, and what sending it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import InputError, UnknownTokenizer
from tokscope.inputs import Document
from tokscope.inputs.selection import Problem
from tokscope.measure import AskedLater, Measurement, Whole, measure_media, together
from tokscope.models.limits import Model
from tokscope.models.names import own_name, vocabulary_of
from tokscope.models.prices import input_price
from tokscope.registry import DEFAULT, load
from tokscope.report.table import Estimate, most
from tokscope.tokenizer import Kind

if TYPE_CHECKING:
    from tokscope.media.rules import Asked

MediaOf = Mapping[str, Sequence[Measurement]]
"""By the names of models: what files that are no text are to each."""

NOTHING: MediaOf = MappingProxyType({})


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
    problem: str = ""

    @property
    def used(self) -> float:
        """The share of the window that the input takes, at most; more than 1 where it is too long."""
        return most(self.tokens) / self.model.window

    @property
    def fits(self) -> bool:
        """Whether the model takes the input, if only with little room for an answer."""
        return not self.problem and most(self.tokens) <= self.model.input

    @property
    def left(self) -> int:
        """The tokens that are left for the answer, at least."""
        return self.model.left(most(self.tokens))


def tokenizer_of(model: Model) -> str:
    """Name the tokenizer by which a model is counted: its vocabulary, or its own name where that is unknown.

    Example: tokenizer_of(model_of("gpt-4o-2024-05-13")) -> "o200k_base"
    """
    return vocabulary_of(model.name) or own_name(model.name)


def media_of(
    documents: Sequence[Document], models: Sequence[Model], asked: AskedLater, report: Problem
) -> MediaOf:
    """Count files that are no text for each model, as parts of one request; damaged ones go to `report`.

    Example: media_of([photo], models_of(["gpt-4o"]), Asked, report)["gpt-4o"][0].tokens -> 765
    """
    tokenizers = []
    for model in models:
        try:
            tokenizers.append(load(model.name))
        except UnknownTokenizer:
            tokenizers.append(load(DEFAULT))
    pictures = sum(document.kind == Kind.PICTURE for document in documents)

    def in_one() -> Asked:
        return asked()._replace(together=max(pictures, 1))

    rows = []
    for document in documents:
        try:
            rows.append(measure_media(document, tokenizers, in_one))
        except InputError as error:
            report(error)
    return {model.name: [row[i] for row in rows] for i, model in enumerate(models)}


def fits(whole: Whole, models: Sequence[Model], *, priced: bool, media: MediaOf = NOTHING) -> list[Fit]:
    """Say how an input fits the window of each model; `whole` has its counts by the tokenizers of all.

    Example: fits(whole, models_of(["gpt-4o"]), priced=False)[0].fits -> True

    With `priced` each has a price; raises MissingExtra without a price list. `media` are the files beside it
    that are no text; a model that does not take one has that as its `problem`.
    """
    found = []
    for model in models:
        tokenizer, files = tokenizer_of(model), media.get(model.name, ())
        framing = [one.media.framing for one in files if one.media]
        tokens = together([whole.tokens.get(tokenizer, 0), *(one.figure for one in files), *framing])
        exact = (not whole.files or whole.exact[tokenizer]) and all(one.exact for one in files)
        exact = exact and not any(isinstance(one, Estimate) for one in framing)
        problem = next((one.problem for one in files if one.problem), "")
        price = input_price(model.name, tokens) if priced and not problem else None
        found.append(Fit(model, tokenizer, tokens, exact, price, problem))
    return found
