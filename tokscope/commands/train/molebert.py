"""`tokscope train molebert`: codes of atoms, in Mole-BERT's ranges."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.errors import UsageError
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import Output
from tokscope.shell.training_options import molecules_to_learn


def molebert(
    inputs: Inputs,
    seed: Annotated[
        int, typer.Option(min=0, max=(1 << 32) - 1, metavar="N", help="Another seed gives other codes.")
    ] = 0,
    output: Output = None,
) -> int:
    """Learn codes of atoms in Mole-BERT's ranges, for -t 'molebert?codes=FILE'."""
    if output is None:
        raise UsageError("name the file to write: -o codes.npz, or -o - for standard output")
    from tokscope.backends.molebert import YOURS
    from tokscope.learning.codes_of_atoms import learn_atom_codes
    from tokscope.structures.chem import mol

    console = Console(output, "plain", endings=(".npz",))
    with console.stream(escape=None) as out:  # opened first, so that an error comes before the work
        # RDKit refuses some that are SMILES
        read = molecules_to_learn(inputs, console, "train molebert", lambda one: mol(one.smiles, "molebert"))
        learned = learn_atom_codes(read, seed)
        learned.codebook.save(out)
    drawn = f", {learned.used:,} of them drawn" if learned.used < learned.molecules else ""
    console.say(f"{learned.molecules:,} molecules{drawn}, {learned.atoms:,} atoms: {YOURS}: {learned.counts}")
    return console.end()
