"""Windows: how much of each model's context window an input takes, and what sending it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import Problem, UnknownTokenizer, UsageError, reporting
from tokscope.inputs import Document
from tokscope.measure import AskedLater, Measurement, add_up, measure_media
from tokscope.measure.whole import Whole
from tokscope.models.limits import Model
from tokscope.models.meant import each_name, models_of
from tokscope.models.names import own_name, stand_in, vocabulary_of
from tokscope.models.prices import input_price
from tokscope.registry import DEFAULT, load
from tokscope.report.table import Estimate, most
from tokscope.tokenizer import Kind

if TYPE_CHECKING:
    from tokscope.media.rules import Asked

MediaOf = Mapping[str, Sequence[Measurement]]
"""By the names of models: what files that are not text are to each."""

NO_MEDIA: MediaOf = MappingProxyType({})


class Windowless(NamedTuple):
    """A model that is known, but whose context window none of the sources of limits.csv states.

    Example: Windowless("gemini-3-pro").name -> "gemini-3-pro"
    """

    name: str
    window: None = None
    input: None = None
    output: None = None
    read: None = None
    source: None = None


def windows_of(names: Sequence[str]) -> list[Model | Windowless]:
    """Find models as models_of() does, and beside them known ones without a known window.

    Example: [one.window for one in windows_of(["gpt-4,gemini-3-pro"])] -> [8192, None]

    Raises UsageError for what is not a model, and where no window at all is known.
    """
    found: dict[str, Model | Windowless] = {}
    refused = None
    for name in each_name(names):
        try:
            found |= {model.name: model for model in models_of([name])}
        except UsageError as error:
            if vocabulary_of(name) is None and stand_in(name) is None:
                raise
            refused = refused or error
            found[name] = Windowless(name)
    if refused and not any(isinstance(one, Model) for one in found.values()):
        raise refused
    return list(found.values()) or [*models_of(names)]  # which says that none is named


def unknown_windows(models: Sequence[Model | Windowless]) -> list[str]:
    """Say in one sentence of which models the window is not known, in none where it is of all.

    Example: unknown_windows([Windowless("gemini-3-pro")]) -> ["no context window is known for gemini-3-pro"]
    """
    names = ", ".join(one.name for one in models if one.window is None)
    return [f"no context window is known for {names}"] if names else []


class Fit(NamedTuple):
    """An input in the context window of one model.

    Example: Fit(model_of("gpt-4"), "cl100k_base", 8000, True, None).left -> 192

    `tokenizer` is what counted `tokens`. Where that is an estimate, all is judged by the most that it may be,
    and the price alone by the middle. `price` is in US dollars, None where it is not known.
    """

    model: Model | Windowless
    tokenizer: str
    tokens: int
    exact: bool
    price: float | None
    problem: str = ""

    @property
    def used(self) -> float | None:
        """The share of the window that the input takes, at most; more than 1 where it is too long."""
        return None if self.model.window is None else most(self.tokens) / self.model.window

    @property
    def fits(self) -> bool | None:
        """Whether the model takes the input, if only with little room for an answer; None if not known.

        Example: of 200,000 tokens and a window of 128,000 it is False
        """
        if self.model.input is None:
            return None
        return not self.problem and most(self.tokens) <= self.model.input

    @property
    def left(self) -> int | None:
        """The tokens that are left for the answer, at least."""
        return None if isinstance(self.model, Windowless) else self.model.left(most(self.tokens))


def tokenizer_of(model: Model | Windowless) -> str:
    """Name the tokenizer by which a model is counted: its vocabulary, or its own name where that is unknown.

    Example: tokenizer_of(model_of("gpt-4o-2024-05-13")) -> "o200k_base"
    """
    return vocabulary_of(model.name) or own_name(model.name)


def media_of(
    documents: Sequence[Document], models: Sequence[Model | Windowless], asked: AskedLater, report: Problem
) -> MediaOf:
    """Count files that are not text for each model, as parts of one request; damaged ones go to `report`.

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
        with reporting(report):
            rows.append(measure_media(document, tokenizers, in_one))
    return {model.name: [row[i] for row in rows] for i, model in enumerate(models)}


def fit_windows(
    whole: Whole, models: Sequence[Model | Windowless], *, priced: bool, media: MediaOf = NO_MEDIA
) -> list[Fit]:
    """Say how an input fits the window of each model; `whole` has its counts by the tokenizers of all.

    Example: fit_windows(whole, models_of(["gpt-4o"]), priced=False)[0].fits -> True

    With `priced` each has a price; raises MissingExtra without a price list. `media` are the files beside it
    that are not text; a model that does not take one has that as its `problem`.
    """
    found = []
    for model in models:
        tokenizer, files = tokenizer_of(model), media.get(model.name, ())
        framing = [one.media.framing for one in files if one.media]
        tokens = add_up([whole.tokens.get(tokenizer, 0), *(one.figure for one in files), *framing])
        exact = (not whole.files or whole.exact[tokenizer]) and all(one.exact for one in files)
        exact = exact and not any(isinstance(one, Estimate) for one in framing)
        problem = next((one.problem for one in files if one.problem), "")
        price = input_price(model.name, tokens) if priced and not problem else None
        found.append(Fit(model, tokenizer, tokens, exact, price, problem))
    return found
