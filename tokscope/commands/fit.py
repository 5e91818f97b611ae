"""`tokscope fit`: which context windows hold this input, and what its length costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import MissingExtra, NotText, UsageError
from tokscope.fitting.attention import ARCHITECTURES, FAN_OUT, Architecture, Cost, costs
from tokscope.fitting.windows import Fit, fits, media_of, tokenizer_of
from tokscope.inputs import Document
from tokscope.measure import Counter, Measurement, Whole, taken_by, words
from tokscope.models.limits import Model, models_of
from tokscope.models.prices import PriceList, price_list
from tokscope.registry import DEFAULT, load_all
from tokscope.report.chart import Chart
from tokscope.report.table import Column, Estimate, Row, TableReport
from tokscope.shell.console import Console
from tokscope.shell.options import Away, Drawing, Inputs, Media, Outputs

CURRENT = [
    "gpt-4o,gpt-4.1,gpt-5,gpt-5.5,gpt-6-luna,gpt-6.1-sol,gpt-oss-120b,claude-haiku-5-5,claude-sonnet-5-5,"
    "claude-opus-5-5,gemini-3.8-flash,gemini-4-argon,deepseek-v4-pro,mistral-large-4"
]
COST = "Cost of computing"
MOST = 1_000_000  # of anything in an architecture; beyond that the figures no longer fit a float


class Computing(NamedTuple):
    """An architecture, to compute what the length costs: a published one, its figures, or both."""

    arch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Attention and KV cache of this architecture: {', '.join(ARCHITECTURES)}.",
            rich_help_panel=COST,
        ),
    ] = None
    layers: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST, metavar="N", help="Layers of an architecture of your own.", rich_help_panel=COST
        ),
    ] = None
    heads: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, metavar="N", help="Query heads in a layer.", rich_help_panel=COST),
    ] = None
    kv_heads: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST,
            metavar="N",
            help="Key and value heads in a layer.",
            show_default="as many as heads",
            rich_help_panel=COST,
        ),
    ] = None
    head_dim: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, metavar="N", help="Numbers in a head.", rich_help_panel=COST),
    ] = None
    window: Annotated[
        int, typer.Option(min=1, metavar="N", help="The width of sliding windows.", rich_help_panel=COST)
    ] = 4096

    global_tokens: Annotated[
        int,
        typer.Option(
            "--globals",
            min=0,
            max=MOST,
            metavar="N",
            help="Tokens that see all and that all see, in Longformer.",
            rich_help_panel=COST,
        ),
    ] = 1
    fan_out: Annotated[
        int,
        typer.Option(
            min=2,
            max=MOST,
            metavar="K",
            help="How many summaries are summarised at a time.",
            rich_help_panel=COST,
        ),
    ] = FAN_OUT

    def costs(self, architecture: Architecture, tokens: int) -> list[Cost]:
        """Say what each kind of attention costs for an input of so many tokens."""
        return costs(
            architecture, tokens, window=self.window, globals_=self.global_tokens, fan_out=self.fan_out
        )

    @property
    def architecture(self) -> Architecture | None:
        """The architecture, None where none is described. Raises UsageError."""
        return Architecture.of(
            self.arch,
            layers=self.layers,
            heads=self.heads,
            kv_heads=self.kv_heads,
            head_dim=self.head_dim,
        )


def fit(
    inputs: Inputs,
    drawing: Drawing,
    media: Media,
    away: Away,
    *,
    models: Annotated[
        list[str] | None,
        typer.Option(
            *("-t", "--tokenizer", "-m", "--model"),
            metavar="NAME,...",
            help="Models, also by pattern ('claude-*', '*'); with --arch tokenizers too. Repeatable.",
            show_default="some of every maker",
        ),
    ] = None,
    outputs: Outputs = False,
    computing: Computing,
) -> int:
    """Show which models hold this input, how much room is left for the answer, and what sending it costs."""
    console = drawing.console(inputs)
    console.outputs = outputs
    architecture = computing.architecture
    if drawing.wanted(console) and architecture is None:
        raise UsageError("--plot draws the cost of computing: add --arch NAME")
    names = models or CURRENT
    chosen, others = _chosen(names) if architecture else (models_of(names), [])
    whole, beside = _measured(inputs, media, away, chosen, others, console)
    windows = _windows(whole, chosen, beside)
    if architecture is None:
        return console.write(windows)
    measured = whole if models else whole.by([DEFAULT])  # one is enough where none was named
    cost = _costs(measured, architecture, computing)
    if drawing.wanted(console) and whole.files:
        cost = _plotted(cost, measured, computing.arch or "these", architecture, computing)
    if chosen:
        cost = _under(windows, cost, computing.arch) if whole.files else replace(windows, sheet=cost)
    return console.write(cost)


def _measured(
    inputs: Inputs,
    media: Media,
    away: Away,
    models: Sequence[Model],
    others: Sequence[str],
    console: Console,
) -> tuple[Whole, Mapping[str, Sequence[Measurement]]]:
    """Count all texts as one prompt, by models and other tokenizers; and what is no text, by models."""
    loaded = load_all([*dict.fromkeys(map(tokenizer_of, models)), *others])
    media.check()
    counter = Counter(loaded)
    files: list[Document] = []
    taken = taken_by([one.name for one in models])
    for document in inputs.documents(console, "fit", media=media, away=away, takes=taken):
        with console.reporting():
            try:
                counter.add(document, console.progress)
            except NotText:
                files.append(document)
    whole = Whole.of(counter.results(), loaded)
    console.say_lost(loaded)
    return whole, media_of(files, models, lambda: media.asked, console.problem) if files else {}


def _chosen(names: Sequence[str]) -> tuple[Sequence[Model], Sequence[str]]:
    """Divide names into models, whose windows are known, and others, which must be tokenizers."""
    found: dict[str, Model] = {}
    others = []
    for name in (name for several in names for name in several.split(",") if name):
        try:
            found |= {model.name: model for model in models_of([name])}
        except UsageError:
            others.append(name)
    if not found and not others:
        raise UsageError("no model or tokenizer is named")
    return list(found.values()), others


def _windows(
    whole: Whole, chosen: Sequence[Model], media: Mapping[str, Sequence[Measurement]]
) -> TableReport:
    """A row for each model: how full its window is, what is left, what sending costs."""
    prices = _prices()
    found = fits(whole, chosen if whole.files or media else [], priced=prices is not None, media=media)
    files = len(next(iter(media.values()), ()))
    read = min((one.model.read for one in found), default="-")
    notes = [f"left: for the answer. Windows read {read}; --format json names each one's source"]
    if not all(one.exact for one in found):
        notes.append("estimate: the model's tokenizer is not published; judged by the most that it may be")
    if prices:
        notes.append(f"prices for input alone, by {prices.source}, the newest dated {prices.dated}")
    else:
        notes.append("for prices: pip install 'tokscope-cli[prices]'")
    listed = {"source": prices.source, "dated": str(prices.dated)} if prices else None
    return TableReport(
        [
            Column("model"),
            Column("tokens", "int"),
            Column("exact", optional=True),
            Column("window", "int"),
            Column("used", "percent"),
            Column("used", "bar", optional=True, full=1.0),
            Column("fits"),
            Column("left", "int"),
            Column("US$ to send", shown=prices is not None),
        ],
        [*map(_row, found)],
        results=[_object(whole, one) for one in found],
        summary={**whole.summary, "prices": listed},
        notes=notes,
        title=whole.title + (f"; {files:,} that {'is' if files == 1 else 'are'} no text" if files else ""),
    )


def _row(one: Fit) -> Row:
    if one.problem:
        return (one.model.name, words(one.problem), None, one.model.window, None, None, "-", None, None)
    return (
        one.model.name,
        Estimate.unless(one.exact, one.tokens),
        "exact" if one.exact else "estimate",
        one.model.window,
        one.used,
        one.used,
        "yes" if one.fits else "no",
        one.left,
        None if one.price is None else f"{one.price:.6f}",
    )


def _object(whole: Whole, one: Fit) -> dict[str, object]:
    """Describe a row in JSON."""
    nothing = dict.fromkeys(("tokens", "used", "fits", "left", "price")) if one.problem else {}
    return {
        "path": whole.path,
        "model": one.model.name,
        "tokenizer": one.tokenizer,
        "exact": one.exact,
        "tokens": one.tokens,
        "window": one.model.window,
        "used": one.used,
        "fits": one.fits,
        "left": one.left,
        "input": one.model.input,
        "output": one.model.output,
        "price": one.price,
        "read": one.model.read,
        "source": one.model.source,
        **nothing,
        **({"error": one.problem} if one.problem else {}),
    }


def _prices() -> PriceList | None:
    """Find the price list; without the extra the windows are shown without prices."""
    try:
        return price_list()
    except MissingExtra:
        return None


def _costs(whole: Whole, architecture: Architecture, computing: Computing) -> TableReport:
    """A row for each kind of attention, and each tokenizer."""
    rows: list[Row] = []
    results = []
    for tokenizer, tokens in whole.tokens.items():
        figure = Estimate.unless(whole.exact[tokenizer], tokens)
        found = computing.costs(architecture, tokens)
        for cost in found:
            share = cost.flops / found[0].flops if tokens else 0.0
            cached = None if cost.cache is None else cost.cache / (1 << 20)
            calls = (cost.calls, cost.read)
            rows.append((tokenizer, figure, cost.attention, cost.flops / 1e9, share, share, cached, *calls))
            results.append(_result(whole, tokenizer, tokens, architecture, cost))
    columns = [
        Column("tokenizer"),
        Column("tokens", "int"),
        Column("attention"),
        Column("GFLOP", "ratio"),
        Column("of full", "percent"),
        Column("of full", "bar", optional=True),
        Column("KV cache MiB", "ratio", shown=not architecture.encoder),
        Column("calls", "int", optional=True),
        Column("tokens read", "int", optional=True),
    ]
    figures = ("layers", "heads", "kv_heads", "head_dim", "bytes")
    described = ", ".join(f"{getattr(architecture, figure)} {figure}" for figure in figures)
    notes = [f"attention alone, to read the input: {described} a cached number"]
    if architecture.encoder:
        notes.append("an encoder, which reads a text at once and caches nothing")
    most = max(whole.tokens.values(), default=0)
    if architecture.positions is not None and most > architecture.positions:
        notes.append(
            f"{computing.arch or 'this architecture'} has positions for {architecture.positions:,} tokens: "
            f"for {most:,} these are the figures of one like it with more"
        )
    return TableReport(columns, rows, results=results, summary=whole.summary, notes=notes, title=whole.title)


def _under(windows: TableReport, cost: TableReport, arch: str | None) -> TableReport:
    """Put the cost of computing below the windows."""
    title = "What the length costs to compute" + (f", {arch}" if arch else "")
    return replace(
        windows,
        notes=[*windows.notes, *cost.notes],
        parts=[replace(cost, title=title, notes=(), chart=None)],
        chart=cost.chart,
        sheet=cost.sheet or cost,
        beside={"costs": cost.results},
    )


def _plotted(
    cost: TableReport, whole: Whole, name: str, architecture: Architecture, computing: Computing
) -> TableReport:
    """Add curves of cost against length, from 256 tokens to 131,072 or this input; for programs, points."""
    longest = max([131_072, *whole.tokens.values()])
    lengths = sorted({round(256 * (longest / 256) ** (i / 59)) for i in range(60)})
    points = [(length, cost) for length in lengths for cost in computing.costs(architecture, length)]
    curves: dict[str, list[tuple[float, float]]] = {}
    for length, one in points:
        curves.setdefault(one.attention, []).append((length, one.flops))
    title = f"What attention costs, {name}"
    return replace(
        cost,
        results=[_result(whole, None, length, architecture, one) for length, one in points],
        chart=Chart(title, "tokens", "FLOP", curves, log_x=True, log_y=True),
        sheet=TableReport(
            [Column("tokens", "int"), Column("attention"), Column("GFLOP", "ratio")],
            [(length, one.attention, one.flops / 1e9) for length, one in points],
        ),
    )


def _result(
    whole: Whole, tokenizer: str | None, tokens: int, architecture: Architecture, cost: Cost
) -> dict[str, object]:
    return {
        "path": whole.path,
        "tokenizer": tokenizer,
        "exact": tokenizer is None or whole.exact[tokenizer],
        "tokens": tokens,
        **architecture._asdict(),
        "attention": cost.attention,
        "flops": cost.flops,
        "kv_cache_bytes": cost.cache,
        "calls": cost.calls,
        "tokens_read": cost.read,
    }
