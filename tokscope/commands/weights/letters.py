"""`tokscope weights letters`: what the vectors of tokens know of their spelling."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.report.table import Column, TableReport
from tokscope.shell.options import Printing
from tokscope.shell.weights_options import ModelWeights

if TYPE_CHECKING:
    from tokscope.weights.letter_probe import Probed


def letters(
    weights: ModelWeights,
    printing: Printing,
    *,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Another seed tests other tokens.")] = 0,
) -> int:
    """Probe the vectors of tokens for each letter: does the model know how its tokens are spelled?"""
    console = printing.console()
    model = weights.load()
    tokenizer = weights.tokenizer(model)
    from tokscope.weights.letter_probe import latin_tokens, probe, stems
    from tokscope.weights.naming import Naming

    words = latin_tokens([*Naming(tokenizer, model.embedding)])
    console.status(f"probing {len(words):,} vectors for each letter")
    found = probe(model.embedding.rows([row for row, _ in words]), [word for _, word in words], seed=seed)
    parted = "word" if stems([]) is None else "stem"
    return console.write(_report(found, len(words), parted, model.embedding.name), [tokenizer])


COLUMNS = [
    *(Column("letter"), Column("tested tokens", "int")),
    *(Column("macro F1", "percent"), Column("macro F1", "bar", optional=True, full=1.0)),
    *(Column("shuffled", "percent"), Column("majority", "percent")),
]


def _report(found: list[Probed], words: int, parted: str, matrix: str) -> TableReport:
    """A row for each letter, and their mean."""
    averages = {name: mean(getattr(one, name) for one in found) for name in ("f1", "control", "majority")}
    return TableReport(
        COLUMNS,
        [(one.letter, one.tokens, one.f1, one.f1, one.control, one.majority) for one in found],
        total=("mean", None, averages["f1"], averages["f1"], averages["control"], averages["majority"]),
        results=[one._asdict() for one in found],
        summary={"matrix": matrix, "words": words, **averages},
        notes=[
            f"{words:,} tokens of Latin letters; half of those tested have the letter, and no {parted} is in "
            "both parts",
            "shuffled: the same probe on vectors dealt to other tokens; majority: always the same answer",
            "with a small network and other words, Kaushal and Mahowald 2022 have GPT-2 at 84.25%, BERT "
            "(uncased) at 77.48%",
        ],
    )
