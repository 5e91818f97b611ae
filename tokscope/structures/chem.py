"""What RDKit knows of molecules: their atoms and bonds, and what is wrong with one, with the column.

RDKit (BSD-3-Clause, https://www.rdkit.org) is the extra [chem], and imported here alone.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from tokscope.errors import Flaw, MissingExtra
from tokscope.structures.smiles import Scan, cut_smiles, scan
from tokscope.transcript import Member

_NO_MOLECULE = re.compile(r"\s|>")
_WRITTEN = "written"
_UNSAID = "RDKit cannot read it as a molecule"


def rdkit(what: str) -> Any:
    """Give rdkit.Chem, with RDKit's own log off, which would go to standard error.

    Example: rdkit("graphsgpt").MolFromSmiles("CCO")

    Raises MissingExtra, which names `what` needs it.
    """
    try:
        from rdkit import Chem, RDLogger
    except ImportError as error:
        raise MissingExtra(what, "chem") from error
    RDLogger.DisableLog("rdApp.*")
    return Chem


def mol(smiles: str, what: str) -> Any:
    """Read a SMILES with RDKit, checked as RDKit checks: rings, aromaticity, valences.

    Example: mol("CCO", "graphsgpt").GetNumAtoms() -> 3

    Raises Flaw for a reaction and for what is not a molecule, with the column if it is known, and
    MissingExtra.
    """
    chem = rdkit(what)
    found = None if _NO_MOLECULE.search(smiles) else chem.MolFromSmiles(smiles)
    if found is None:
        raise _flaw_in_smiles(chem, smiles)
    return found


def check_elements(found: Any, smiles: str, who: str) -> None:
    """Raise Flaw for an atom of no element, `*`, which `who` numbers no more than the elements.

    Example: check_elements(mol("*CC", "graphsgpt"), "*CC", "GraphsGPT") raises Flaw
    """
    if any(not atom.GetAtomicNum() for atom in found.GetAtoms()):
        at = 0
        for token in cut_smiles(smiles):
            if "*" in token or (token[0] == "[" and "#0" in token):
                break
            at += len(token)
        raise Flaw(f"* is any atom, for which {who} has no number", column=at + 1)


def canonical(block: str) -> str:
    """Give RDKit's canonical SMILES of the block of a MOL or SDF file.

    Example: canonical(rdkit("a block").MolToMolBlock(ethanol)) -> "CCO"

    Raises Flaw for a block that is damaged or no molecule, and MissingExtra.
    """
    chem = rdkit("a MOL or SDF file")
    found = chem.MolFromMolBlock(block)
    if found is None:
        raise _flaw_of_block(chem, block)
    return str(chem.MolToSmiles(found))


def mol_with_places(smiles: str, what: str) -> Any:
    """Read a SMILES as mol() does, and let each atom know its place in the SMILES.

    Example: mol_with_places("[H]OC", "molebert").GetAtomWithIdx(0).GetIntProp("written") -> 1
    """
    chem = rdkit(what)
    mol(smiles, what)  # raises what there is to raise
    rules = chem.SmilesParserParams()
    rules.removeHs = False
    found = chem.MolFromSmiles(smiles, rules)
    for atom in found.GetAtoms():
        atom.SetIntProp(_WRITTEN, atom.GetIdx())
    return chem.RemoveHs(found) if any(atom.GetAtomicNum() == 1 for atom in found.GetAtoms()) else found


def members_of(found: Any, read: Scan, before: Any = None) -> list[tuple[Member, ...]]:
    """Say for each atom of a molecule that was mol_with_places() which part of its SMILES it is.

    Example: of "[H]OC" -> [(atom 1, atom 0, bond 0), (atom 2,)]: RDKit takes a hydrogen into its neighbour

    `before` is the molecule before it was normalized, if it was: some atoms are then new, without a place.
    """
    atoms = [atom.GetIntProp(_WRITTEN) if atom.HasProp(_WRITTEN) else -1 for atom in found.GetAtoms()]
    if -1 in atoms:
        match = _skeleton(before).GetSubstructMatch(_skeleton(found))
        atoms = [before.GetAtomWithIdx(index).GetIntProp(_WRITTEN) for index in match]
    place = {index: number for number, index in enumerate(atoms)}
    members = [[Member("atom", index)] for index in atoms]
    for number, pair in enumerate(read.bonds):
        for hydrogen, other in (pair, pair[::-1]):
            if hydrogen not in place and other in place:
                members[place[other]] += [Member("atom", hydrogen), Member("bond", number)]
    return [tuple(one) for one in members]


def _skeleton(found: Any) -> Any:
    """Leave of a molecule its atoms' elements and what is bound to what."""
    from rdkit import Chem

    bare = Chem.RWMol()
    for atom in found.GetAtoms():
        bare.AddAtom(Chem.Atom(atom.GetAtomicNum()))
    for bond in found.GetBonds():
        bare.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
    return bare


def normalize_groups(found: Any) -> Any:
    """Write charges and functional groups in one way, as molvs does and RDKit has taken over.

    Example: of "CN(=O)=O" it makes C[N+](=O)[O-]
    """
    from rdkit.Chem.MolStandardize import rdMolStandardize

    global _normalizer  # which takes 0.01 s to make
    if _normalizer is None:
        _normalizer = rdMolStandardize.Normalizer()
    return _normalizer.normalize(found)


_normalizer: Any = None


def _flaw_in_smiles(chem: Any, smiles: str) -> Flaw:
    """Find out why RDKit does not read a SMILES."""
    if ">" in smiles:
        return Flaw("a reaction, not a molecule", column=smiles.index(">") + 1)
    try:
        cut_smiles(smiles)
    except Flaw as flaw:
        return flaw
    bare = chem.MolFromSmiles(smiles, sanitize=False)
    if bare is None:
        return _syntax(chem, smiles)
    for problem in chem.DetectChemistryProblems(bare):
        return _problem(problem, scan(smiles).atoms, cut_smiles(smiles))
    return Flaw(_UNSAID)


def _syntax(chem: Any, smiles: str) -> Flaw:
    """Find the first token up to which RDKit reads a SMILES, for what only it refuses: [Xx], C==C."""
    column = 1
    for token in cut_smiles(smiles):
        if token[0] == "[" and chem.MolFromSmiles(token, sanitize=False) is None:
            return Flaw(f"{token} is not an atom", column=column)
        column += len(token)
    doubled = re.search(r"(?<=[-=#$:~])[-=#$:~]|[-=#$:~/\\]$|[-=#$:~/\\](?=[).])|^[-=#$:)(.0-9%]", smiles)
    return Flaw(
        _UNSAID if doubled is None else "a bond that lacks an atom",
        column=doubled.start() + 1 if doubled else 0,
    )


def _problem(problem: Any, atoms: list[int], found: list[str]) -> Flaw:
    """Say in our words what chemistry forbids, and at which atom."""
    kind = problem.GetType()
    if kind == "KekulizeException":
        at = min(problem.GetAtomIndices(), default=None)
        why = "an aromatic ring that has no alternating double bonds"
    elif kind == "AtomValenceException":
        at = problem.GetAtomIdx()
        valence = re.search(r"valence for atom # \d+ (\w+), (\d+)", problem.Message())
        why = f"{valence[1]} with {valence[2]} bonds: too many" if valence else "an atom with too many bonds"
    elif kind == "AtomKekulizeException":
        at, why = problem.GetAtomIdx(), "an aromatic atom outside a ring"
    else:
        at, why = None, problem.Message().splitlines()[0]
    column = 0 if at is None else 1 + sum(map(len, found[: atoms[at]]))
    return Flaw(why, column=column)


def _flaw_of_block(chem: Any, block: str) -> Flaw:
    """Find out why RDKit does not read the block of a MOL file."""
    bare = chem.MolFromMolBlock(block, sanitize=False, strictParsing=False)
    if bare is None:
        return Flaw("a damaged MOL block")
    problems = (" ".join(one.Message().split()) for one in chem.DetectChemistryProblems(bare))
    return Flaw(next(problems, _UNSAID))


class Sketch(NamedTuple):
    """A molecule on paper: each atom's label and place, each bond's atoms and order, as in its SMILES.

    Example: Sketch([("C", 0.0, 0.0), ("O", 1.5, 0.0)], [(0, 1, 2.0)]), of C=O
    """

    atoms: list[tuple[str, float, float]]
    bonds: list[tuple[int, int, float]]


def sketch(smiles: str) -> Sketch:
    """Lay a molecule out, with the hydrogens that its SMILES writes.

    Example: [label for label, _, _ in sketch("C[NH3+]").atoms] -> ["C", "N+"]

    Raises as mol() does.
    """
    chem = rdkit("a drawing of a molecule")
    from rdkit.Chem import rdDepictor

    mol(smiles, "a drawing of a molecule")
    rules = chem.SmilesParserParams()
    rules.removeHs = False
    found = chem.MolFromSmiles(smiles, rules)
    rdDepictor.Compute2DCoords(found)
    if found.GetNumBonds():
        rdDepictor.StraightenDepiction(found)
    places = found.GetConformer()
    atoms = []
    for atom in found.GetAtoms():
        charge = atom.GetFormalCharge()
        sign = "" if not charge else ("+" if charge > 0 else "-") * min(abs(charge), 3)
        mass = str(atom.GetIsotope() or "")
        point = places.GetAtomPosition(atom.GetIdx())
        atoms.append((f"{mass}{atom.GetSymbol()}{sign}", point.x, point.y))
    bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx(), b.GetBondTypeAsDouble()) for b in found.GetBonds()]
    return Sketch(atoms, bonds)
