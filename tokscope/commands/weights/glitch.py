"""`tokscope weights glitch`: tokens that a model has hardly seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.inside.reachability import Reach, Reached, reached
from tokscope.report.objects import bytes_object
from tokscope.report.table import Column, Row, TableReport
from tokscope.shell import completion
from tokscope.shell.options import Printing, refuse_nan
from tokscope.shell.weights_options import ModelWeights

if TYPE_CHECKING:
    from tokscope.weights.glitch import Indicators, Unused
    from tokscope.weights.model import OpenModel
    from tokscope.weights.naming import Naming
    from tokscope.weights.quants import Floats
    from tokscope.weights.rows import Norms

TOP = 20
PERCENT = 2.0
"""Which share of the ordinary tokens is a candidate, as in the paper."""

_KEYS = ("category", "tokens", "below_threshold", "lowest")
CATEGORIES = (Reach.OK, Reach.SPECIAL, Reach.PARTIAL, Reach.BYTE, Reach.NEVER)


class ListedTokens(NamedTuple):
    """Which tokens are listed.

    Example: ListedTokens().category -> "ok"
    """

    category: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="List those of this category: " + ", ".join(one.name.lower() for one in CATEGORIES) + ".",
            autocompletion=completion.complete_names([one.name.lower() for one in CATEGORIES]),
        ),
    ] = "ok"
    percent: Annotated[
        float,
        typer.Option(
            min=0, max=100, callback=refuse_nan, metavar="N", help="Candidates: the lowest N % of ok tokens."
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
    """List tokens that training hardly touched, by their vectors, and apart, those that never occur."""
    console = printing.console()
    listed = _category(shown.category)
    model = weights.load()
    tokenizer = weights.tokenizer(model)
    from tokscope.weights.naming import Naming

    naming = Naming(tokenizer, model.embedding)
    console.status("encoding what each token stands for")
    reaches = {one.entry.id: one for one in reached(tokenizer)}
    console.status("comparing vectors")
    found = _Survey.of(model, naming, reaches, unused)
    return console.write(found.report(listed, shown.percent, printing.top or TOP), [tokenizer])


def _category(name: str) -> Reach:
    """Give the category of a name. Raises UsageError for a name that none has."""
    names = {reach.name.lower(): reach for reach in CATEGORIES}
    if name not in names:
        raise UsageError(f"--category {name}: {', '.join(names)}")
    return names[name]


class _Survey:
    """The indicators of a model's tokens."""

    def __init__(
        self,
        model: OpenModel,
        reaches: Mapping[int, Reached],
        norms: Norms,
        known: Unused | None,
        indicators: Indicators | None,
    ) -> None:
        self._model = model
        self._reaches = reaches
        self._norms = norms
        self._known = known
        self._indicators = indicators

    @classmethod
    def of(
        cls, model: OpenModel, naming: Naming, reaches: Mapping[int, Reached], given: Sequence[int] | None
    ) -> _Survey:
        """Find what is unused, unless it is given, and compare all rows with it.

        Raises UsageError where the embeddings are tied and nothing is known to be unused.
        """
        from tokscope.weights.glitch import Indicators, Unused, unused
        from tokscope.weights.rows import norms

        matrix = model.output or model.embedding
        if given and max(given) >= matrix.shape[0]:
            raise UsageError(f"--unused {max(given)}: the last row is {matrix.shape[0] - 1}")
        never = [one.entry.id for one in reaches.values() if one.reach is Reach.NEVER]
        known = Unused(sorted({*given}), "named by --unused") if given else unused(matrix, naming, never)
        if known is None and model.output is None:
            raise UsageError(
                "with one matrix for input and output its rows tell only next to unused ones, and none "
                "is known to be: name some with --unused ID"
            )
        indicators = Indicators.of(matrix, known.ids) if known else None
        return cls(model, reaches, norms(model.embedding), known, indicators)

    @property
    def _main(self) -> tuple[str, Floats | Norms]:
        if self._model.output is not None or self._indicators is None:
            return "norm", self._norms
        return "cosine distance", self._indicators.cosine

    def report(self, listed: Reach, percent: float, top: int) -> TableReport:
        """A row for each of the lowest tokens, and one for each category."""
        from tokscope.weights.glitch import indicator_threshold

        name, main = self._main
        known = frozenset(self._known.ids if self._known else ())
        groups: dict[Reach, list[int]] = {reach: [] for reach in CATEGORIES}
        for one in self._reaches.values():
            groups[one.reach].append(one.entry.id)
        level = indicator_threshold(main, groups[Reach.OK], percent) if groups[Reach.OK] else 0.0
        ids = sorted(groups[listed], key=lambda token_id: (main[token_id], token_id))[:top]
        columns = [name, *(other for other in self._columns if other != name)]
        categories = self._categories(groups, level)
        return TableReport(
            [
                *(Column("id", "id"), Column("token", "token")),
                *(Column(one, "ratio", optional=one != name, digits=4) for one in columns),
                *(Column("script", optional=True), Column("unused")),
            ],
            [*self._rows(ids, columns, known)],
            results=[*self._objects(ids, known)],
            summary={
                "indicator": name,
                "unused": {"ids": sorted(known), "why": self._known.why} if self._known else None,
                "percent": percent,
                "threshold": level,
                "mean": float(main.mean()),
                "categories": [dict(zip(_KEYS, row, strict=True)) for row in categories.rows],
            },
            parts=[
                replace(
                    categories, title=f"Threshold {level:.4f}: the lowest {percent:g} % of those that are ok"
                )
            ],
            notes=[*self._notes(listed)],
        )

    def _categories(self, groups: Mapping[Reach, Sequence[int]], level: float) -> TableReport:
        """A row for each category: its tokens, how many are below the threshold, and the lowest figure."""
        _, main = self._main
        return TableReport(
            [
                *(Column("category"), Column("tokens", "int"), Column("below threshold", "int")),
                Column("lowest", "ratio", digits=4),
            ],
            [
                (reach.name.lower(), len(ids), int((main[ids] <= level).sum()), float(main[ids].min()))
                for reach, ids in groups.items()
                if ids
            ],
        )

    def _notes(self, listed: Reach) -> Iterator[str]:
        name, main = self._main
        matrix = self._model.embedding if name == "norm" else self._model.output or self._model.embedding
        yield f"{name} of {matrix.name}, from {listed.value} tokens; mean of all rows {main.mean():.4f}"
        if self._known:
            yield f"unused, with which the others are compared: {self._known.why}"
        yield "an indicator, not proof: to know whether the model can say a token, run it"

    @property
    def _columns(self) -> Mapping[str, Floats | Norms]:
        """The indicators by what their columns are called."""
        found: dict[str, Floats | Norms] = {"norm": self._norms}
        if self._indicators is not None:
            names = ("cosine distance", "without mean", "without 1st", "distance")
            found = {**dict(zip(names, (*self._indicators,), strict=True)), **found}
        return found

    def _rows(self, ids: Sequence[int], columns: Sequence[str], known: Set[int]) -> Iterator[Row]:
        for token_id in ids:
            entry = self._reaches[token_id].entry
            figures = [float(self._columns[column][token_id]) for column in columns]
            yield (token_id, entry.data, *figures, entry.script, "yes" if token_id in known else None)

    def _objects(self, ids: Sequence[int], known: Set[int]) -> Iterator[dict[str, object]]:
        indicators = {} if self._indicators is None else self._indicators._asdict()
        for token_id in ids:
            entry = self._reaches[token_id].entry
            columns = {**indicators, "norm": self._norms}
            yield {
                "id": token_id,
                **bytes_object(entry.data),
                **{name: float(column[token_id]) for name, column in columns.items()},
                "category": self._reaches[token_id].reach.name.lower(),
                "script": entry.script,
                "unused": token_id in known,
            }
