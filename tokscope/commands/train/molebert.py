"""`tokscope train molebert`: codes of atoms, in Mole-BERT's ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from tokscope.errors import Flaw, UsageError
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Output
from tokscope.shell.training_options import molecules_to_learn


def molebert(
    inputs: Inputs,
    seed: Annotated[
        int, typer.Option(min=0, max=(1 << 32) - 1, metavar="N", help="Which ones are drawn.")
    ] = 0,
    output: Output = None,
) -> int:
    """Learn codes of atoms, for -t 'molebert?codes=FILE': your codebook, Mole-BERT's ranges."""
    if output is None:
        raise UsageError("name the file to write: -o codes.npz, or -o - for standard output")
    from tokscope.backends.molebert import YOURS
    from tokscope.learning.codes_of_atoms import learn_atom_codes

    console = Console(output, "plain", endings=(".npz",))
    with console.stream(escape=None) as out:  # opened first, so that an error comes before the work
        learned = learn_atom_codes(_rdkit_molecules(inputs, console), seed)
        learned.codebook.save(out)
    drawn = f", {learned.used:,} of them drawn" if learned.used < learned.molecules else ""
    console.say(f"{learned.molecules:,} molecules{drawn}, {learned.atoms:,} atoms: {YOURS}: {learned.counts}")
    return console.end()


def _rdkit_molecules(inputs: Inputs, console: Console) -> Iterator[Any]:
    """Read the molecules to learn from with RDKit, which refuses some that are SMILES."""
    from tokscope.structures.chem import mol

    for place, molecule in molecules_to_learn(inputs, console, "train molebert"):
        try:
            yield mol(molecule.smiles, "molebert")
        except Flaw as flaw:
            console.problem(molecule.located(flaw, place))
