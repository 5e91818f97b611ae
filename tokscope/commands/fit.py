"""`tokscope fit`: which context windows hold this input, and what its length costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import NotText, UsageError
from tokscope.fitting.attention import ARCHITECTURES, FAN_OUT, Architecture, Cost, attention_costs
from tokscope.fitting.cost_tables import COST_COLUMNS, CostTables
from tokscope.fitting.window_table import CURRENT, WINDOW_COLUMNS, window_table
from tokscope.fitting.windows import Windowless, media_of, tokenizer_of, unknown_windows, windows_of
from tokscope.inputs import Document
from tokscope.measure import Measurement, taken_by
from tokscope.measure.counter import Counter
from tokscope.measure.whole import Whole
from tokscope.models.limits import Model
from tokscope.models.meant import each_name, models_of
from tokscope.registry import DEFAULT, load_all
from tokscope.shell import completion
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs, Outputs
from tokscope.shell.media_options import Away, Media
from tokscope.shell.options import Drawing, Plot

COLUMNS = [*WINDOW_COLUMNS, *COST_COLUMNS]
COST = "Cost of computing"
MAX_DIMENSION = 1_000_000  # of anything in an architecture; beyond that the figures no longer fit a float


class Computing(NamedTuple):
    """An architecture, to compute what the length costs: a published one, its figures, or both.

    Example: Computing(arch="llama-3-8b", layers=40).architecture.layers -> 40
    """

    arch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Show what attention and KV cache cost in this architecture: {', '.join(ARCHITECTURES)}.",
            rich_help_panel=COST,
            autocompletion=completion.complete_names(ARCHITECTURES),
        ),
    ] = None
    layers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_DIMENSION,
            metavar="N",
            help="Layers of an architecture of your own.",
            rich_help_panel=COST,
        ),
    ] = None
    heads: Annotated[
        int | None,
        typer.Option(
            min=1, max=MAX_DIMENSION, metavar="N", help="Query heads in a layer.", rich_help_panel=COST
        ),
    ] = None
    kv_heads: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_DIMENSION,
            metavar="N",
            help="Key and value heads in a layer.",
            show_default="as many as heads",
            rich_help_panel=COST,
        ),
    ] = None
    head_dim: Annotated[
        int | None,
        typer.Option(
            min=1, max=MAX_DIMENSION, metavar="N", help="Dimensions of a head.", rich_help_panel=COST
        ),
    ] = None
    window: Annotated[
        int, typer.Option(min=1, metavar="N", help="The width of sliding windows.", rich_help_panel=COST)
    ] = 4096

    global_tokens: Annotated[
        int,
        typer.Option(
            "--globals",
            min=0,
            max=MAX_DIMENSION,
            metavar="N",
            help="Tokens that attend to all and that all attend to, in Longformer.",
            rich_help_panel=COST,
        ),
    ] = 1
    fan_out: Annotated[
        int,
        typer.Option(
            min=2,
            max=MAX_DIMENSION,
            metavar="K",
            help="How many summaries are summarised at a time.",
            rich_help_panel=COST,
        ),
    ] = FAN_OUT

    def costs(self, architecture: Architecture, tokens: int) -> list[Cost]:
        """Say what each kind of attention costs for an input of `tokens`.

        Example: Computing().costs(ARCHITECTURES["bert-base"], 512)[0].attention -> "full"
        """
        return attention_costs(
            architecture, tokens, window=self.window, globals_=self.global_tokens, fan_out=self.fan_out
        )

    @property
    def architecture(self) -> Architecture | None:
        """The architecture, None where none is described. Raises UsageError, also for what only one has.

        Example: Computing(arch="gpt-2").architecture.layers -> 12
        """
        found = Architecture.of(
            self.arch,
            layers=self.layers,
            heads=self.heads,
            kv_heads=self.kv_heads,
            head_dim=self.head_dim,
        )
        ways = self.window, self.global_tokens, self.fan_out
        plain = Computing()
        if found is None and ways != (plain.window, plain.global_tokens, plain.fan_out):
            raise UsageError(
                "--window, --globals and --fan-out are for the cost of computing: add --arch NAME; "
                "a window of your own is a budget: tokscope check --budget N"
            )
        return found


def fit(
    inputs: Inputs,
    *,
    plot: Plot = False,
    drawing: Drawing,
    media: Media,
    away: Away,
    models: Annotated[
        list[str] | None,
        typer.Option(
            *("-t", "--tokenizer", "-m", "--model"),
            metavar="NAME,...",
            help="Models, also by pattern ('claude-*', '*'); with --arch tokenizers too. Repeatable.",
            show_default="some of every maker",
            autocompletion=completion.complete_tokenizers,
        ),
    ] = None,
    outputs: Outputs = False,
    computing: Computing,
) -> int:
    """Show which models can take this input, how much room is left for the answer, and what it costs."""
    console = drawing.drawn(plot, inputs)
    console.outputs = outputs
    architecture = computing.architecture
    if architecture is None:
        console.cannot_plot("--plot draws the cost of computing: add --arch NAME")
    names = models or CURRENT
    chosen, others = _chosen(names) if architecture else (windows_of(names), [])
    whole, beside = _measured(inputs, media, away, chosen, others, console)
    windows = window_table(whole, chosen, beside)
    console.left_out += unknown_windows(chosen)
    if architecture is None:
        return console.write(windows)
    measured = whole if models else whole.by([DEFAULT])  # one is enough where none was named
    costs = CostTables(measured, architecture, computing.arch, computing.costs)
    return console.write(costs.below(windows if chosen else None))


def _measured(
    inputs: Inputs,
    media: Media,
    away: Away,
    models: Sequence[Model | Windowless],
    others: Sequence[str],
    console: Console,
) -> tuple[Whole, Mapping[str, Sequence[Measurement]]]:
    """Count all texts as one prompt, by models and other tokenizers; and what is not text, by models."""
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


def _chosen(names: Sequence[str]) -> tuple[Sequence[Model | Windowless], Sequence[str]]:
    """Divide names into models, whose windows are known, and others, which must be tokenizers."""
    found: dict[str, Model | Windowless] = {}
    others = []
    for name in each_name(names):
        try:
            found |= {model.name: model for model in models_of([name])}
        except UsageError:
            others.append(name)
    if not found and not others:
        raise UsageError("name a model or tokenizer")
    return list(found.values()), others
