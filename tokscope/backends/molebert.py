"""`molebert`: a token for each atom, in the range of its element, as Mole-BERT has them (extra [chem]).

https://github.com/junxia97/Mole-BERT (2feff8a3), vqvae.py, get_code_indices: a code is the nearest row of the
codebook among those of the element: C 0 to 376, N 378 to 432, O 434 to 487, all others 489 to 510 (377, 433,
488 and 511 are never chosen). The trained codebook is not available: without one the tokens are counted and
their ranges are exact, and that is all. `?codes=FILE` is one that `tokscope train molebert` learned: your
codebook, in Mole-BERT's ranges.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tokscope.codes.kmeans import nearest_codes
from tokscope.errors import Flaw, Unsupported
from tokscope.files import npz
from tokscope.structures.atoms import LAYERS, WIDTH, Atoms, Scales, Surroundings
from tokscope.structures.chem import check_elements, members_of, mol, mol_with_places, rdkit
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import scan
from tokscope.tokenizer import Census, Kind
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Transcriber
from tokscope.transcript import Sign, Transcript

FORMAT = "tokscope codes of atoms"

CODEBOOK_SIZE = 512
"""Rows of the codebook."""

RANGES = {6: range(377), 7: range(378, 433), 8: range(434, 488), 0: range(489, 511)}
"""The codes of each element by its atomic number; 0 stands for all others."""

YOURS = "your codebook, Mole-BERT's ranges"


def range_of(element: int) -> range:
    """Give the codes that an element may have.

    Example: range_of(7) -> range(378, 433)
    """
    return RANGES.get(element, RANGES[0])


class AtomCodes:
    """Codes of atoms, learned from a corpus.

    Example: AtomCodes.load("codes.npz").codes(mol) -> [12, 12, 440] of CCO

    `rows` has CODEBOOK_SIZE rows of WIDTH numbers, `known` says which of them were learned.
    """

    def __init__(self, seed: int, scales: Scales, rows: Any, known: Any) -> None:
        self.seed, self.scales, self.rows, self.known = seed, scales, rows, known
        self._network = Surroundings(seed)

    def codes(self, found: Any) -> list[int]:
        """Give the code of each atom of a molecule of RDKit. Raises Flaw for an element that has none.

        Example: AtomCodes.load("codes.npz").codes(mol) -> [12, 12, 440] of CCO
        """
        import numpy as np

        atoms = Atoms.of([found])
        self.check(atoms.elements.tolist())
        vectors = self._network.vectors(atoms, self.scales)
        codes = np.zeros(len(vectors), np.int64)
        kinds = np.array([one if one in RANGES else 0 for one in atoms.elements.tolist()], np.int64)
        for element, numbers in RANGES.items():
            mine = np.flatnonzero(kinds == element)
            if len(mine):
                able = np.flatnonzero(self.known[numbers.start : numbers.stop])
                codes[mine] = (
                    numbers.start + able[nearest_codes(vectors[mine], self.rows[numbers.start + able])]
                )
        found_codes: list[int] = codes.tolist()
        return found_codes

    def check(self, elements: Iterable[int]) -> None:
        """Raise Flaw for an element that has no codes.

        Example: codes.check([6, 6, 8])
        """
        for element in {one if one in RANGES else 0 for one in elements}:
            numbers = RANGES[element]
            if not self.known[numbers.start : numbers.stop].any():
                raise Flaw(f"the codebook has no codes for {_element_name(element)}: its corpus had none")

    def save(self, file: Any) -> None:
        """Write it to a file.

        Example: with Path("codes.npz").open("wb") as file: codes.save(file)
        """
        arrays = {"rows": self.rows, "known": self.known, **self.scales._asdict()}
        npz.save_model(file, FORMAT, {"seed": self.seed, "what": YOURS}, arrays)

    @classmethod
    def load(cls, path: str) -> AtomCodes:
        """Read what save() wrote. Raises BrokenTokenizer for anything else.

        Example: AtomCodes.load("codes.npz").seed -> 0
        """
        import numpy as np

        header, arrays = npz.load_model(path, FORMAT)
        seed = header.get("seed")
        shapes = {
            "rows": (CODEBOOK_SIZE, WIDTH),
            "known": (CODEBOOK_SIZE,),
            "means": (LAYERS, WIDTH),
            "deviations": (LAYERS, WIDTH),
        }
        sound = all(name in arrays and arrays[name].shape == shape for name, shape in shapes.items())
        numbers = ("rows", "means", "deviations")
        if not sound or not isinstance(seed, int) or not 0 <= seed < 1 << 32 or arrays["known"].dtype != bool:
            raise npz.damaged(path)
        if any(arrays[name].dtype != np.float32 or not np.isfinite(arrays[name]).all() for name in numbers):
            raise npz.damaged(path)
        return cls(seed, Scales(arrays["means"], arrays["deviations"]), arrays["rows"], arrays["known"])


def _element_name(element: int) -> str:
    return {6: "carbon", 7: "nitrogen", 8: "oxygen", 0: "elements other than C, N and O"}[element]


class MoleBert(Transcriber):
    """A token for each atom.

    Example: load("molebert").count("c1ccccc1") -> 6
    """

    kind = Kind.MOLECULES
    vocab_size = CODEBOOK_SIZE

    def __init__(self, name: str, codebook: AtomCodes | None = None) -> None:
        rdkit("molebert")
        self.name = name
        self._codebook = codebook
        self.how = "a token for each atom that RDKit has, in the range of its element"
        if codebook is not None:
            self.remark = YOURS
            self.how += f": {YOURS}"

    def transcribe(self, structure: Molecule) -> Transcript:
        """Write one molecule, its atoms in RDKit's order. Raises Flaw for what RDKit does not read."""
        found = mol_with_places(structure.smiles, "molebert")
        check_elements(found, structure.smiles, "Mole-BERT")
        members = members_of(found, scan(structure.smiles))
        codes = self._codebook.codes(found) if self._codebook else [None] * found.GetNumAtoms()
        signs = []
        for atom, code, own in zip(found.GetAtoms(), codes, members, strict=True):
            able = range_of(atom.GetAtomicNum())
            text = atom.GetSymbol() if code is None else f"{atom.GetSymbol()}:{code}"
            why = f"a code from {able[0]} to {able[-1]}" + (", not available" if code is None else "")
            signs.append(Sign(text, code, own, why))
        return Transcript(signs)

    def census_of(self, structure: Molecule) -> Census:
        """Count the atoms of one molecule."""
        found = mol(structure.smiles, "molebert")
        check_elements(found, structure.smiles, "Mole-BERT")
        if self._codebook is not None:
            self._codebook.check(atom.GetAtomicNum() for atom in found.GetAtoms())
        return Census(found.GetNumAtoms())

    def no_ids(self) -> Unsupported:
        """Make the error for codes that are not available."""
        if self._codebook is not None:
            return Unsupported(f"{self.name}: a code is an atom among others like it, not a molecule")
        return Unsupported(
            f"{self.name}: Mole-BERT's codebook is not available; learn one with tokscope train molebert "
            "FILE.smi -o codes.npz, for -t molebert?codes=codes.npz"
        )


def load(spec: Spec) -> Transcriber:
    """Build the tokenizer of `molebert`. Raises MissingExtra, and BrokenTokenizer for a bad codebook.

    Example: load(Spec("molebert")).count("CCO") -> 3
    """
    path = spec.text("codes")
    rdkit("molebert")
    return MoleBert(str(spec), None if path is None else AtomCodes.load(path))
