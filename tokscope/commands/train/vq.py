"""`tokscope train vq`: a codebook of pictures, for -t vq:FILE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import InputError, UsageError
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.long_training import telling, unfinished_file
from tokscope.shell.options import Output
from tokscope.text.quantity import quantity
from tokscope.tokenizer import Kind

if TYPE_CHECKING:
    from tokscope.codes.codebook import Codebook
    from tokscope.learning.vq_training import VqProgress, VqSettings, VqTraining
    from tokscope.report.picture import Pixels


class CodebookOptions(NamedTuple):
    """What is learned.

    Example: CodebookOptions(codes=1024).patch -> 8
    """

    codes: Annotated[int, typer.Option(min=2, max=65536, metavar="N", help="How many codes a level has.")] = (
        512
    )
    patch: Annotated[
        int, typer.Option(min=1, max=64, metavar="PIXELS", help="How many pixels a patch is wide and high.")
    ] = 8
    levels: Annotated[
        int,
        typer.Option(
            min=1,
            max=16,
            metavar="N",
            help="How many codes a patch has, each for what the ones before left over.",
        ),
    ] = 1
    restarts: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="Start N times, and keep the best.")
    ] = 3
    patches: Annotated[
        int,
        typer.Option(min=16, max=1 << 22, metavar="N", help="Learn from at most N patches, drawn at random."),
    ] = 1 << 16
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Another seed gives other codes.")] = 0

    @property
    def settings(self) -> VqSettings:
        """The options as VqSettings.

        Example: CodebookOptions(codes=64).settings.codes -> 64
        """
        from tokscope.learning.vq_training import VqSettings

        return VqSettings(self.codes, self.patch, self.levels, self.restarts, self.patches, self.seed)


def vq(inputs: Inputs, model: CodebookOptions, output: Output = None) -> int:
    """Learn a codebook of pictures, for -t vq:FILE; after Ctrl-C the same command continues it."""
    if output is None:
        raise UsageError("name the file to write: -o codes.npz, or -o - for standard output")
    from tokscope.learning.vq_training import PatchSample, VqTraining  # NumPy, which is an extra

    console = Console(output, "plain", endings=(".npz",))
    with console.stream(escape=None) as out:  # opened first, so that an error comes before the work
        sample = PatchSample.of(_read_pictures(inputs, console), model.settings)
        training = VqTraining(sample, model.settings)
        unfinished = unfinished_file(output)
        codebook = _learned(training, unfinished, console)
        codebook.save(out)
    if unfinished is not None:
        Path(unfinished).unlink(missing_ok=True)
    about = codebook.about
    quality = "nothing is lost" if about["psnr"] is None else f"{about['psnr']:.2f} dB"
    pictures = quantity(sample.pictures, "picture")
    console.say(
        f"{sample.patches:,} patches of {pictures}: {quality}, "
        f"{about['used']:.1%} of the codes are used, perplexity {about['perplexity']:.1f}"
    )
    return console.end()


def _read_pictures(inputs: Inputs, console: Console) -> Iterator[Pixels]:
    """Decode every picture; without one of them there would be other codes. Raises UsageError then.

    What else there is in a folder is left out, and said; what is named and no picture is an error.
    """
    from tokscope.media.pixels import decode_picture

    others = 0
    found = inputs.documents(console, None, takes=lambda document: document.kind == Kind.PICTURE)
    for document in found:
        with console.reporting():
            if document.kind != Kind.PICTURE:
                if document.path in ("-", "--text", *(inputs.paths or ())):
                    raise InputError(document.path, f"not a picture, but {document.kind}")
                others += 1
                continue
            with document.opened() as source:
                yield decode_picture(source)
            console.status(f"{document.path} is read")
    if console.problems:
        raise UsageError("a part of the pictures cannot be read, so nothing was learned")
    if others:
        files = (
            "1 file that is not a picture is"
            if others == 1
            else f"{others:,} files that are not pictures are"
        )
        console.left_out.append(f"{files} left out")


def _learned(training: VqTraining, unfinished: str | None, console: Console) -> Codebook:
    """Learn, from where it was interrupted before; Ctrl-C saves it again. Raises TokscopeError."""
    from tokscope.learning.unfinished import SAVE_EVERY

    if unfinished is not None and os.path.exists(unfinished):
        training.resume(unfinished)
        console.say(f"continuing, from {unfinished}")
    settings, tell = training.settings, telling(console, SAVE_EVERY)

    def report(progress: VqProgress) -> None:
        tell(
            f"level {progress.level} of {settings.levels}, start {progress.restart} of {settings.restarts}, "
            f"step {progress.step}: mean squared error {progress.error:.1f}"
        )

    try:
        return training.run(report, unfinished)
    except KeyboardInterrupt:
        console.status("")
        if unfinished is not None:
            training.save(unfinished)
            console.say(f"interrupted: the same command continues from {unfinished}")
        raise
    finally:
        console.status("")
