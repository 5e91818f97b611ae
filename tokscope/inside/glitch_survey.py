"""GlitchSurvey: all tokens of a model, by how little training touched their vectors, and the table of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from tokscope.errors import UsageError
from tokscope.inside.reachability import Reach, Reached
from tokscope.report.objects import bytes_object
from tokscope.report.table import Column, Row, TableReport

if TYPE_CHECKING:
    from tokscope.weights.glitch import Indicators, Unused
    from tokscope.weights.model import OpenModel
    from tokscope.weights.naming import Naming
    from tokscope.weights.quants import Floats
    from tokscope.weights.rows import Norms

CATEGORIES = (Reach.OK, Reach.SPECIAL, Reach.PARTIAL, Reach.BYTE, Reach.NEVER)
"""The categories of tokens, in the order in which they are shown."""

_KEYS = ("category", "tokens", "below_threshold", "lowest")
"""What the columns of the categories are called in JSON."""


class GlitchSurvey:
    """The indicators of a model's tokens.

    Example: GlitchSurvey.of(model, naming, reaches, None).report(Reach.OK, 2.0, 20), of the 20 lowest
    """

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
    ) -> GlitchSurvey:
        """Find what is unused, unless it is given, and compare all rows with it.

        Example: GlitchSurvey.of(model, naming, {one.entry.id: one for one in reached(tokenizer)}, [177])

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
                "where input and output share a matrix, its rows are judged beside unused ones, and none "
                "is known: name some with --unused ID"
            )
        indicators = Indicators.of(matrix, known.ids) if known else None
        return cls(model, reaches, norms(model.embedding), known, indicators)

    @property
    def _main(self) -> tuple[str, Floats | Norms]:
        if self._model.output is not None or self._indicators is None:
            return "norm", self._norms
        return "cosine distance", self._indicators.cosine

    def report(self, listed: Reach, percent: float, top: int) -> TableReport:
        """Make a row for each of the `top` lowest tokens of a category, and one for each category.

        Example: survey.report(Reach.OK, 2.0, 20).summary["indicator"] -> "norm"

        Candidates are the lowest `percent` of the tokens that are ok.
        """
        from tokscope.weights.glitch import indicator_threshold

        name, main = self._main
        known = frozenset(self._known.ids if self._known else ())
        groups = self._groups()
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
                    categories, title=f"Threshold {level:.4f}: the lowest {percent:g}% of those that are ok"
                )
            ],
            notes=[*self._notes(listed)],
        )

    def _groups(self) -> Mapping[Reach, Sequence[int]]:
        """Give the ids of each category."""
        groups: dict[Reach, list[int]] = {reach: [] for reach in CATEGORIES}
        for one in self._reaches.values():
            groups[one.reach].append(one.entry.id)
        return groups

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
