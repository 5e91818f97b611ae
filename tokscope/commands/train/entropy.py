"""`tokscope train entropy`: a byte-level language model, whose entropies say where patches begin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Output, refuse_nan
from tokscope.shell.training_options import HeldOut
from tokscope.text.encodings import CODECS

if TYPE_CHECKING:
    from tokscope.learning.ngram_training import Learned


class NgramShape(NamedTuple):
    """What is learned.

    Example: NgramShape(order=7).patch -> 4.5
    """

    order: Annotated[
        int,
        typer.Option(  # as ngram.ORDERS has it, which needs NumPy
            min=2, max=8, metavar="N", help="The longest n-grams, in bytes."
        ),
    ] = 6
    min_count: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Leave out rarer n-grams, except the short ones."),
    ] = 3
    patch: Annotated[
        float,
        typer.Option(
            min=1.01, callback=refuse_nan, metavar="BYTES", help="How long patches should be on average."
        ),
    ] = 4.5
    encoded: Annotated[
        str,
        typer.Option(
            "--bytes",
            metavar="ENCODING",
            help="Learn from the bytes of utf-8, utf-16 (little-endian) or utf-16-be.",
        ),
    ] = "utf-8"

    def learn(self, texts: Iterable[Iterable[str]], held: str | None) -> Learned:
        """Learn it from texts, each given as its blocks. Raises UsageError.

        Example: NgramShape().learn([["a text ...", "and on"]], held=None).bits_per_byte
        """
        from tokscope.learning.ngram_training import learn_ngrams  # NumPy, which is an extra

        return learn_ngrams(texts, self.order, self.min_count, self.patch, held, self.encoded)


def entropy(inputs: Inputs, held_out: HeldOut, model: NgramShape, output: Output = None) -> int:
    """Learn a byte-level n-gram model, for -t 'blt:entropy?model=FILE'."""
    if output is None:
        raise UsageError("name the file to write: -o model.npz, or -o - for standard output")
    if model.encoded not in CODECS:
        raise UsageError(f"--bytes {model.encoded}: one of {', '.join(CODECS)}")

    console = Console(output, "plain", endings=(".npz",))
    held = held_out.text(inputs, console, "train entropy")
    with console.stream(escape=None) as out:  # opened first, so that an error comes before the work
        learned = model.learn(inputs.corpus_blocks(console, "train entropy"), held)
        learned.tree.save(out)
    console.say(
        f"{learned.bytes:,} bytes gave {len(learned.tree.codes):,} n-grams; "
        f"{learned.bits_per_byte:.2f} bits per byte on held-out text"
    )
    return console.end()
