"""`tokscope weights rows`: the vectors of tokens, their lengths and neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.report.chart import Chart
from tokscope.report.objects import bytes_object
from tokscope.report.order import Order
from tokscope.report.table import Column, Row, TableReport, forms_of
from tokscope.shell.console import Console
from tokscope.shell.options import (
    OUTPUT,
    Color,
    Output,
    Plot,
    Sort,
    format_option,
)
from tokscope.shell.weights_options import ModelWeights
from tokscope.tokenizer import Entry

if TYPE_CHECKING:
    from tokscope.weights.model import OpenModel
    from tokscope.weights.naming import Naming
    from tokscope.weights.quants import Floats
    from tokscope.weights.rows import Analogy, Norms, Spread
    from tokscope.weights.tensors import Tensor

TOP = 10
"""How many neighbours are shown."""


class Question(NamedTuple):
    """What to show of the rows: one of these, or how long all of them are.

    Example: Question(token=" king").token -> " king"
    """

    token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            help="Show the neighbours of this token, white space included: ' king'.",
            show_default=False,
        ),
    ] = None
    analogy: Annotated[
        str | None,
        typer.Option(
            metavar="SUM",
            help="Show what is nearest to a sum such as 'king - man + woman'.",
            show_default=False,
        ),
    ] = None
    words: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORDS",
            help="Draw these words on their two principal components, in a colour of their own. Repeatable.",
            show_default=False,
        ),
    ] = None

    def check(self) -> None:
        """Raise UsageError where two of them are asked for.

        Example: Question(token=" king", analogy="king - man + woman").check() raises UsageError
        """
        if sum(one is not None for one in self) > 1:
            raise UsageError("--token, --analogy and --words are questions of their own: use one of them")


def rows(
    weights: ModelWeights,
    *,
    asked: Question,
    top: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many neighbours to show.", rich_help_panel=OUTPUT)
    ] = TOP,
    plot: Plot = False,
    format: Annotated[str | None, format_option(forms_of(TableReport, plot=True))] = None,
    output: Output = None,
    color: Color = "auto",
    sort: Sort = None,
) -> int:
    """Show the vectors of tokens: their lengths, the nearest to a token or a sum of words, a plot."""
    asked.check()
    console = Console(output, format, color, forms_of(TableReport, plot=True), Order(sort), plot=plot)
    if not asked.words:
        console.cannot_plot("--plot draws words: name some, like --words 'king queen' --words 'Paris Rome'")
    model = weights.load()
    tokenizer = weights.tokenizer(model)
    from tokscope.weights.naming import Naming

    naming = Naming(tokenizer, model.embedding)
    if asked.token is not None:
        report = _neighbours(model.embedding, naming, asked.token, top)
    elif asked.analogy is not None:
        report = _analogy(model.embedding, naming, asked.analogy, top)
    elif asked.words:
        report = _placed(model.embedding, naming, asked.words)
    else:
        report = _survey(model, naming)
    return console.write(report, [tokenizer])


_SURVEY = [
    *(Column("by", grouped=True), Column("group"), Column("tokens", "int")),
    *(Column(name, "ratio") for name in ("mean norm", "sd", "least", "most")),
]
_RANKS = [Column("rank", "int"), Column("with inputs", "int")]
_NEAREST = [Column("id", "id"), Column("token", "token"), Column("cosine", "ratio"), Column("norm", "ratio")]
_PLACES = [
    *(Column("words", optional=True, grouped=True), Column("id", "id"), Column("token", "token")),
    *(Column("first component", "ratio"), Column("second component", "ratio")),
]
COLUMNS = [*_SURVEY, *_RANKS, *_NEAREST, *_PLACES]


def _survey(model: OpenModel, naming: Naming) -> TableReport:
    """Say which matrices there are, and how long their rows, by script and by length."""
    from tokscope.weights.rows import Spread, norms

    lengths = norms(model.embedding)
    groups = _groups(lengths, naming)
    whole = Spread.of(lengths)
    return TableReport(
        _SURVEY,
        [(by, group, *one) for by, group, one in groups],
        total=("total", None, *whole),
        results=[{"by": by, "group": group, **one._asdict()} for by, group, one in groups],
        summary={
            "path": model.path,
            "architecture": model.architecture or None,
            "tied": model.tied,
            "matrices": {
                side: {"name": one.name, "rows": one.shape[0], "dims": one.shape[1], "kind": one.kind}
                for side, one in _matrices(model)
            },
            "norms": whole._asdict(),
            "rows_without_token": len(lengths) - len(naming.by_id),
        },
        notes=[*_described(model)],
    )


def _groups(lengths: Norms, naming: Naming) -> list[tuple[str, str, Spread]]:
    """Describe the norms of each script, the most frequent first, of each length, and of spare rows."""
    from tokscope.inside.vocabulary import octave
    from tokscope.weights.rows import spreads

    by_script = spreads(lengths, ((entry.script, entry.id) for entry in naming))
    by_bytes = spreads(lengths, ((octave(len(entry.data)), entry.id) for entry in naming))
    beyond = spreads(lengths, (("no token", row) for row in range(len(lengths)) if row not in naming.by_id))
    scripts = sorted(by_script.items(), key=lambda pair: -pair[1].tokens)
    return [
        *(("script", script, one) for script, one in scripts),
        *(("bytes", "-".join(map(str, sorted({*size}))), by_bytes[size]) for size in sorted(by_bytes)),
        *(("ids", name, one) for name, one in beyond.items()),
    ]


def _matrices(model: OpenModel) -> list[tuple[str, Tensor]]:
    return [("input", model.embedding), *([("output", model.output)] if model.output else [])]


def _described(model: OpenModel) -> Iterator[str]:
    """Say what the matrices are, and whether output and input share one."""
    for side, one in _matrices(model):
        yield f"{side}: {one.name}, {one.shape[0]:,} rows of {one.shape[1]:,}, {one.kind}"
    if model.tied:
        yield "the output uses the input's matrix (tied)"
    elif model.output is None:
        yield "the file has no output matrix"


def _neighbours(matrix: Tensor, naming: Naming, text: str, top: int) -> TableReport:
    """A row for the token itself, and for each of its nearest neighbours."""
    from tokscope.weights.rows import cosines, nearest_rows

    entry = naming.find(text)
    found = cosines(matrix, matrix.rows([entry.id])[0])
    others = nearest_rows(found, [one.id for one in naming if one.id != entry.id], top)
    listed = [*_list_rows(matrix, naming, [entry.id, *others], found)]
    return TableReport(
        _NEAREST,
        [row for row, _ in listed],
        results=[fields for _, fields in listed[1:]],
        summary={"token": listed[0][1]},
    )


def _list_rows(
    matrix: Tensor, naming: Naming, ids: Sequence[int], found: Floats
) -> Iterator[tuple[Row, dict[str, object]]]:
    """Give a row and an object for each of some tokens."""
    from tokscope.weights.tensors import vector_lengths

    for token_id, norm in zip(ids, vector_lengths(matrix.rows(ids)), strict=True):
        data, cosine = naming.by_id[token_id].data, float(found[token_id])
        fields: dict[str, object] = {"id": token_id, **bytes_object(data), "cosine": cosine}
        yield (token_id, data, cosine, float(norm)), {**fields, "norm": float(norm)}


def _analogy(matrix: Tensor, naming: Naming, text: str, top: int) -> TableReport:
    """A row for each token that is near a sum: those that are no part of it are ranked, all have a place.

    With the words of the sum themselves left out, as is the custom, an analogy always looks better than it
    is (Linzen 2016, arXiv:1606.07736).
    """
    from tokscope.weights.rows import Analogy, cosines, nearest_rows

    analogy = Analogy.parse(text)
    entries = [naming.word(word) for word, _ in analogy.words]
    found = cosines(matrix, analogy.vector(entries, matrix))
    own = {entry.id for entry in entries}
    ids = nearest_rows(found, [entry.id for entry in naming], top + len(own))
    others = [place for place, token_id in enumerate(ids) if token_id not in own]
    ids = ids[: others[top - 1] + 1] if len(others) >= top else ids
    listed = list(_list_rows(matrix, naming, ids, found))
    ranks = iter(range(1, len(ids) + 1))
    ranked = [(None if token_id in own else next(ranks)) for token_id in ids]
    used = " ".join(
        f"{'+' if sign > 0 else '-'} {entry.data.decode(errors='replace')!r}"
        for entry, (_, sign) in zip(entries, analogy.words, strict=True)
    )
    return TableReport(
        [*_RANKS, *_NEAREST],
        [(rank, place, *row) for place, (rank, (row, _)) in enumerate(zip(ranked, listed, strict=True), 1)],
        results=[
            {"rank": rank, "rank_with_inputs": place, **fields}
            for place, (rank, (_, fields)) in enumerate(zip(ranked, listed, strict=True), 1)
        ],
        summary={"analogy": _analogy_words(analogy, entries)},
        notes=[f"{used.removeprefix('+ ')}; rank: without the words of the sum, with inputs: among all"],
    )


def _analogy_words(analogy: Analogy, entries: Sequence[Entry]) -> list[dict[str, object]]:
    return [
        {"id": entry.id, **bytes_object(entry.data), "sign": sign}
        for entry, (_, sign) in zip(entries, analogy.words, strict=True)
    ]


def _placed(matrix: Tensor, naming: Naming, groups: Sequence[str]) -> TableReport:
    """A row for each word with its place on the plane of the two principal components."""
    from tokscope.weights.rows import Plane

    named = [(group, entry) for group in groups for entry in naming.words(group)]
    if len(named) < 2:
        raise UsageError("--words: name at least two, with white space between them")
    plane = Plane.of(matrix.rows([entry.id for _, entry in named]))
    places = [(group, entry, *place) for (group, entry), place in zip(named, plane.points, strict=True)]
    title = f"Two principal components, {plane.share:.0%} of the variance of these {len(named)}"
    return TableReport(
        _PLACES,
        [(group, entry.id, entry.data, x, y) for group, entry, x, y in places],
        results=[
            {"words": group, "id": entry.id, **bytes_object(entry.data), "x": x, "y": y}
            for group, entry, x, y in places
        ],
        summary={"variance": plane.share},
    ).plotting(lambda: _chart(title, places))


def _chart(title: str, places: Iterable[tuple[str, Entry, float, float]]) -> Chart:
    curves: dict[str, list[tuple[float, float]]] = {}
    names: dict[str, list[str]] = {}
    for group, entry, x, y in places:
        curves.setdefault(group, []).append((x, y))
        names.setdefault(group, []).append(entry.data.decode(errors="replace").strip())
    return Chart(title, "first component", "second component", curves, names=names)
