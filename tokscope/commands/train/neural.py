"""`tokscope train neural`: a neural byte model, whose boundary head or entropies say where patches begin."""

from __future__ import annotations

import math
import os
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.inputs.records import read_records
from tokscope.render import chart, color_for
from tokscope.report.chart import Chart
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.long_training import telling, unfinished_file, watched
from tokscope.shell.options import OUTPUT, Output, refuse_nan
from tokscope.shell.training_options import HeldOut

if TYPE_CHECKING:
    from tokscope.entropy.neural import Network
    from tokscope.learning.labelled_texts import LabelledTexts
    from tokscope.learning.neural_step import Settings
    from tokscope.learning.neural_training import Milestone, Training

DEFAULT_STEPS = 5000
"""How many steps to take if neither steps nor minutes are given."""


class NeuralShape(NamedTuple):
    """What is trained.

    Example: NeuralShape(units=64).patch -> 4.5
    """

    units: Annotated[
        int, typer.Option(min=8, max=1024, metavar="N", help="How many units each of the two levels has.")
    ] = 192
    batch: Annotated[
        int,
        typer.Option(min=1, max=4096, metavar="N", help="How many windows of 128 bytes a step sees."),
    ] = 16
    patch: Annotated[
        float,
        typer.Option(
            min=1.01, callback=refuse_nan, metavar="BYTES", help="How long patches should be on average."
        ),
    ] = 4.5
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Another seed gives another model.")] = 0

    @property
    def settings(self) -> Settings:
        """The options as Settings.

        Example: NeuralShape(units=64).settings.hidden -> 64
        """
        from tokscope.learning.neural_step import Settings

        return Settings(self.units, self.batch, self.seed, self.patch)


class Limits(NamedTuple):
    """When training ends.

    Example: Limits(steps=100).most -> 100
    """

    steps: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Stop after N steps.", show_default=f"{DEFAULT_STEPS} without --minutes"
        ),
    ] = None
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, callback=refuse_nan, metavar="N", help="Stop after N minutes."),
    ] = None

    @property
    def most(self) -> float:
        """After how many steps to stop; may be infinite."""
        return self.steps or (math.inf if self.minutes else DEFAULT_STEPS)

    @property
    def seconds(self) -> float:
        """After how many seconds to stop; may be infinite."""
        return 60 * (self.minutes or math.inf)


class Downstream(NamedTuple):
    """What the boundaries are to be good for, besides the next byte.

    Example: Downstream(labels="reviews.csv").texts(inputs, console).names -> ["bad", "good"]
    """

    labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Learn boundaries with the labels of these texts too: records with text and label, "
            "as JSON, JSON Lines, YAML, CSV or TSV.",
        ),
    ] = None

    def texts(self, inputs: Inputs, console: Console) -> LabelledTexts | None:
        """Read the texts as the inputs are read; None if none are named. Raises TokscopeError.

        Example: Downstream("reviews.csv").texts(inputs, console).learned[0] -> (b"Fine.", 1)
        """
        if self.labels is None:
            return None
        if self.labels == "-":
            raise UsageError("--labels -: name a file, since it is read twice")
        files = Inputs([self.labels], encoding=inputs.encoding, errors=inputs.errors)

        def field(name: str) -> list[str]:
            documents = files.documents(console, "train neural")
            return [value for document in documents for value in read_records(document, name, console.say)]

        from tokscope.learning.labelled_texts import LabelledTexts  # JAX, which is an extra

        return LabelledTexts.of(zip(field("text"), field("label"), strict=True))


def neural(
    inputs: Inputs,
    held_out: HeldOut,
    model: NeuralShape,
    limits: Limits,
    task: Downstream,
    output: Output = None,
    plot: Annotated[
        bool | None,
        typer.Option(
            "--plot/--no-plot",
            help="Draw the loss curve at the end.",
            show_default="on a terminal",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
) -> int:
    """Learn a neural byte model, for -t neural:FILE; after Ctrl-C the same command continues it."""
    if output is None:
        raise UsageError("name the file to write: -o model.tokscope, or -o - for standard output")
    from tokscope.learning.neural_training import Training, TrainingBytes  # JAX, which is an extra

    console = Console(output, "plain", endings=(".npz",))
    held = held_out.text(inputs, console, "train neural")
    with console.stream(escape=None) as out:  # opened first, so that an error comes before the work
        labelled = task.texts(inputs, console)
        own = () if labelled is None else ([text.decode()] for text, _ in labelled.learned)
        blocks = chain(inputs.corpus_blocks(console, "train neural"), own)
        training = Training(TrainingBytes.of(blocks, held), model.settings, labelled)
        unfinished = unfinished_file(output)
        network = _trained(training, limits, unfinished, console)
        network.save(out)
    if unfinished is not None:
        Path(unfinished).unlink(missing_ok=True)
    if watched() if plot is None else plot:
        _draw(training)
    _say(training, network, console)
    return console.end()


def _say(training: Training, network: Network, console: Console) -> None:
    """Say how good the model is, on the console."""
    console.say(
        f"{training.steps:,} steps over {len(training.corpus.codes):,} bytes; "
        f"{network.about['held_out_bits_per_byte']:.2f} bits per byte on held-out text"
    )
    if (labelled := training.labelled) is not None:
        console.say(
            f"{network.about['held_out_accuracy']:.0%} of {len(labelled.held):,} held-out texts get their "
            f"label; {labelled.chance():.0%} have the most frequent one"
        )


def _trained(training: Training, limits: Limits, unfinished: str | None, console: Console) -> Network:
    """Train, from where it was interrupted before; Ctrl-C saves it again. Raises TokscopeError."""
    from tokscope.learning.unfinished import SAVE_EVERY

    if unfinished is not None and os.path.exists(unfinished):
        training.resume(unfinished)
        console.say(f"continuing after step {training.steps:,}, from {unfinished}")
    elif watched():
        console.say(f"learning from {len(training.corpus.codes):,} bytes; Ctrl-C interrupts it")
    tell = telling(console, SAVE_EVERY)

    def report(progress: Milestone) -> None:
        of = f" of {limits.most:,}" if limits.most < math.inf else ""
        speed = f"{progress.speed / 1000:.1f} kB/s"
        tell(f"step {progress.steps:,}{of}: {progress.bits:.2f} bits per byte, {speed}")

    try:
        training.run(limits.most, limits.seconds, report, unfinished)
        console.status("setting the thresholds")
        network = training.network()
    except KeyboardInterrupt:
        console.status("")
        if unfinished is not None and training.steps:
            training.save(unfinished)
            console.say(
                f"interrupted after step {training.steps:,}: the same command continues from {unfinished}"
            )
        raise
    finally:
        console.status("")
    return network


def _draw(training: Training) -> None:
    """Draw the loss curve on stderr."""
    drawn = Chart("Loss", "step", "bits per byte", {"loss": training.curve()})
    color = color_for(sys.stderr, "auto", os.environ)
    print(*chart.lines(drawn, height=16, color=color), sep="\n", file=sys.stderr)
