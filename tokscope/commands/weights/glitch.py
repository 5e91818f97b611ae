"""`tokscope weights glitch`: tokens that a model has hardly seen."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.inside.glitch_survey import CATEGORIES, GlitchSurvey
from tokscope.inside.reachability import Reach, reached
from tokscope.shell import completion
from tokscope.shell.options import Printing, refuse_nan
from tokscope.shell.weights_options import ModelWeights

TOP = 20
PERCENT = 2.0
"""Which share of the ordinary tokens is a candidate, as in the paper."""


class ListedTokens(NamedTuple):
    """Which tokens are listed.

    Example: ListedTokens().category -> "ok"
    """

    category: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="List the tokens of this category: "
            + ", ".join(one.name.lower() for one in CATEGORIES)
            + ".",
            autocompletion=completion.complete_names([one.name.lower() for one in CATEGORIES]),
        ),
    ] = "ok"
    percent: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            callback=refuse_nan,
            metavar="N",
            help="Take the lowest N % of ok tokens as candidates.",
        ),
    ] = PERCENT


def glitch(
    weights: ModelWeights,
    printing: Printing,
    *,
    unused: Annotated[
        list[int] | None,
        typer.Option(
            min=0,
            metavar="ID",
            help="A token that is known to be unused. Repeatable.",
            show_default="found in the weights",
        ),
    ] = None,
    shown: ListedTokens,
) -> int:
    """List tokens that training hardly touched, judged by their vectors."""
    console = printing.console()
    listed = _category(shown.category)
    model = weights.load()
    tokenizer = weights.tokenizer(model)
    from tokscope.weights.naming import Naming

    naming = Naming(tokenizer, model.embedding)
    console.status("encoding what each token stands for")
    reaches = {one.entry.id: one for one in reached(tokenizer)}
    console.status("comparing vectors")
    survey = GlitchSurvey.of(model, naming, reaches, unused)
    return console.write(survey.report(listed, shown.percent, printing.top or TOP), [tokenizer])


def _category(name: str) -> Reach:
    """Give the category of a name. Raises UsageError for a name that none has."""
    names = {reach.name.lower(): reach for reach in CATEGORIES}
    if name not in names:
        raise UsageError(f"--category {name}: {', '.join(names)}")
    return names[name]
