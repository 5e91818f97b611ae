"""Molecules and graphs, and the contract that what takes them keeps."""

from __future__ import annotations

import functools
from itertools import chain
from pathlib import Path

import rdkit
from rdkit import Chem

from tokscope import load
from tokscope.errors import Flaw
from tokscope.registry.backends import BACKENDS
from tokscope.structures.chem import normalize_groups
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import scan
from tokscope.structures.sniffing import read_graphs
from tokscope.tokenizer import Kind
from tokscope.transcriber import Transcriber
from tokscope.transcript import Member, Transcript

SPECS = {
    kind: [
        f"{name}:{variant}" if variant else name
        for name, backend in BACKENDS.items()
        for variant in backend.variants or ()
        if kind in backend.takes
    ]
    for kind in (Kind.MOLECULES, Kind.GRAPH)
}
"""Every backend of each kind that needs no file, in all its variants."""

PATH = '{"nodes": [{"id": "A", "x": 1, "y": 0}, {"id": "B", "x": 0, "y": 1}, {"id": "C", "x": 1, "y": 1}], \
"links": [{"source": "A", "target": "B"}, {"source": "B", "target": "C"}]}'
"""The path A-B-C, with features."""

FIVE = "A B\nA C\nC D\nC E\n"
"""Five nodes, as a list of edges."""


@functools.cache
def transcriber(spec: str, special: bool = False) -> Transcriber:
    loaded = load(spec, special=special)
    assert isinstance(loaded, Transcriber)
    return loaded


def graph_of(text: str, name: str = "") -> NodeGraph:
    (found,) = read_graphs([text], name=name)
    return found


@functools.cache
def nci() -> list[str]:
    """Give the SMILES of NCI's that RDKit ships: 4,999 of them."""
    path = Path(rdkit.__file__).parent / "Data" / "NCI" / "first_5K.smi"
    return [line.split()[0] for line in path.read_text("ascii").splitlines() if line.strip()]


def members(found: Transcript) -> set[Member]:
    return set(chain(*(one.members for one in found.signs), found.dropped))


def assert_contract(one: Transcriber, structure: Molecule | NodeGraph) -> Transcript:
    """Hold one tokenizer to its promises on one structure; raises Flaw for one that it does not take.

    The tokens count as they are counted, cover every atom and bond or every node, make the text of their
    Split without gaps, and go in the order of the original where the scheme does.
    """
    census = one.census_of(structure)
    found = one.transcribe(structure)
    split = found.split
    assert census.tokens == found.size == len(split) == len(found.signs)
    assert [*split.starts, len(split.source)] == [0, *split.ends]
    assert split.ids is None or len(split.ids) == len(split)
    for sign in found.signs:
        assert sign.id is None or one.vocab_size is None or 0 <= sign.id < one.vocab_size
    if isinstance(structure, Molecule):
        read = scan(structure.smiles)
        whole = {Member("atom", number) for number in range(len(read.atoms))}
        bonds = {Member("bond", number) for number in range(len(read.bonds))}
        assert members(found) - bonds == whole
        assert members(found) <= whole | bonds
        if one.name != "molebert":  # which has no bonds
            assert members(found) == whole | bonds
    else:
        assert members(found) == {Member("node", number) for number in range(len(structure))}
    assert_order(one, found, structure)
    return found


def assert_order(one: Transcriber, found: Transcript, structure: Molecule | NodeGraph) -> None:
    """Hold a tokenizer to the order of the original: atoms by the SMILES, bonds by RDKit, nodes by the file.

    Of `llaga:nd` it is the nodes at the roots of its trees; a graph written as text names nodes as it needs,
    and what GraphsGPT normalizes RDKit numbers again.
    """
    family = one.name.partition("?")[0]
    if family == "graph:text" or (family == "graphsgpt" and changes(structure.smiles)):  # type: ignore[union-attr]
        return
    kind = "node" if isinstance(structure, NodeGraph) else "bond" if family == "graphsgpt" else "atom"
    signs = found.signs
    if family == "llaga:nd":
        signs = signs[:: len(signs) // len(structure)]  # type: ignore[arg-type]
    firsts = [sign.members[0] for sign in signs if sign.members]
    numbers = [member.number for member in firsts if member.kind == kind]
    assert numbers == sorted(numbers)


def changes(smiles: str) -> bool:
    """Say whether RDKit's normalization makes another molecule of one, or puts its parts in another order."""
    found = Chem.MolFromSmiles(smiles)
    return "." in smiles or Chem.MolToSmiles(normalize_groups(found)) != Chem.MolToSmiles(found)


def flaw_of(spec: str, smiles: str) -> str:
    """Give the flaw that a tokenizer finds, "" where it finds none."""
    try:
        transcriber(spec).census_of(Molecule(smiles))
    except Flaw as flaw:
        return flaw.message
    return ""
