"""`selfies`: the symbols of SELFIES, by the package of its authors (extra [chem]).

https://github.com/aspuru-guzik-group/selfies, Krenn et al., Machine Learning: Science and Technology 1
(2020), 045024. Any series of symbols is a molecule, so that the way back is one by molecule and not by
string: rings are written kekulized. `?vocab=FILE` gives the symbols ids, and `?pad=N` fills up with `[nop]`.
"""

from __future__ import annotations

import re
from itertools import repeat
from typing import Any

from tokscope.errors import Flaw, MissingExtra
from tokscope.structures.alphabet import Alphabet
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import Scan, cut_smiles, scan
from tokscope.tokenizer import Census, Kind
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Transcriber
from tokscope.transcript import Member, Sign, Transcript

_GROUP = re.compile(r"\[[-=#$\\/]*(Branch|Ring)([123])\]")
_PADDING = "[nop]"


class Selfies(Transcriber):
    """The symbols of SELFIES.

    Example: load("selfies").count("c1ccccc1") -> 8
    """

    kind = Kind.MOLECULES
    how = "the symbols of SELFIES; the symbols behind a branch or a ring are its length, not atoms"

    def __init__(self, name: str, alphabet: Alphabet | None = None, pad: int = 0) -> None:
        try:
            import selfies
        except ImportError as error:
            raise MissingExtra("selfies", "chem") from error
        self.name = name
        self.alphabet = alphabet
        self.vocab_size = alphabet.size if alphabet else None
        self._selfies: Any = selfies
        self._pad = pad

    def _written(self, smiles: str) -> list[str]:
        """Write a SMILES as symbols. Raises Flaw."""
        try:
            found = list(self._selfies.split_selfies(self._selfies.encoder(smiles)))
        except self._selfies.EncoderError as error:
            raise _why_refused(smiles, str(error)) from error
        except RecursionError as error:
            raise Flaw("branches within branches, too many for SELFIES") from error
        return found + [_PADDING] * (self._pad - len(found))

    def transcribe(self, structure: Molecule) -> Transcript:
        """Write one molecule as symbols. Raises Flaw for what SELFIES cannot hold."""
        smiles = structure.smiles
        if not smiles:
            return Transcript(self._numbered([Sign(_PADDING, why="padding")] * self._pad))
        symbols = self._written(smiles)
        told = _SymbolReasons(symbols, scan(smiles))
        found = [Sign(*one) for one in zip(symbols, repeat(None), told.members, told.whys, strict=False)]
        return Transcript(self._numbered(found))

    def census_of(self, structure: Molecule) -> Census:
        """Count the symbols of one molecule. Raises Flaw as transcribe() does."""
        if self.alphabet is not None:
            return super().census_of(structure)
        return Census(len(self._written(structure.smiles)))

    def restore(self, transcript: Transcript) -> str:
        """Give the SMILES of the molecule, kekulized. Raises Flaw for what is not a symbol."""
        try:
            return str(self._selfies.decoder("".join(symbol.text for symbol in transcript.signs)))
        except self._selfies.DecoderError as error:
            raise Flaw(" ".join(str(error).split())) from error


def _why_refused(smiles: str, said: str) -> Flaw:
    """Find out why SELFIES refuses a SMILES: in RDKit's words, if that is there, or else in its own."""
    from contextlib import suppress

    from tokscope.structures.chem import mol

    with suppress(MissingExtra):
        try:
            mol(smiles, "selfies")
        except Flaw as flaw:
            return flaw
    cut_smiles(smiles)
    if "*" in smiles:
        return Flaw("* is any atom, which SELFIES cannot write", column=smiles.index("*") + 1)
    bonds = re.search(r"\[(\S+) with (\d+) bond", said)
    if bonds:
        return Flaw(f"SELFIES has no {bonds[1]} with {bonds[2]} bonds")
    return Flaw(f"SELFIES cannot write it: {said.splitlines()[0]}")


class _SymbolReasons:
    """Which atom or bond each symbol stands for, and why.

    Symbols of atoms come in the order of the SMILES. The symbols after a ring or a branch are digits of a
    number in base 16; a ring's bond is to the atom that many and one before.
    """

    def __init__(self, symbols: list[str], read: Scan) -> None:
        from selfies.constants import INDEX_CODE

        self.members: list[tuple[Member, ...]] = []
        self.whys: list[str] = []
        self._digits: dict[str, int] = INDEX_CODE
        self._read = read
        self._bonds = {tuple(sorted(pair)): number for number, pair in enumerate(read.bonds)}
        self._atom = -1
        coming = iter(symbols)
        for symbol in coming:
            if group := _GROUP.fullmatch(symbol):
                self._group(group[1], [next(coming) for _ in range(int(group[2]))])
            else:
                self._alone(symbol)

    def _group(self, what: str, digits: list[str]) -> None:
        """Explain a ring or a branch."""
        number = 0
        for digit in digits:
            number = number * len(self._digits) + self._digits.get(digit, 0)
        members: tuple[Member, ...] = ()
        why = f"a branch of {number + 1:,} symbols"
        if what == "Ring":
            pair = (self._atom - number - 1, self._atom)
            why = f"a ring: the bond of atoms {pair[0]} and {pair[1]}"
            members = (Member("bond", self._bonds[pair]),)
        self.members += [members] * (1 + len(digits))
        self.whys += [why, *(f"a digit of its length: {self._digits.get(one, 0)}" for one in digits)]

    def _alone(self, symbol: str) -> None:
        """Explain a symbol that is not a group."""
        members: list[Member] = []
        why = {".": "no bond: another part", _PADDING: "padding"}.get(symbol, "")
        if not why:
            self._atom += 1
            members.append(Member("atom", self._atom))
            if self._atom in self._read.chained:
                members.append(Member("bond", self._read.chained[self._atom]))
            why = f"atom {self._atom}"
        self.members.append(tuple(members))
        self.whys.append(why)


def load(spec: Spec) -> Transcriber:
    """Build the tokenizer of `selfies`. Raises MissingExtra, and BrokenTokenizer for a bad vocabulary.

    Example: load(Spec("selfies")).name -> "selfies"
    """
    path = spec.text("vocab")
    return Selfies(str(spec), None if path is None else Alphabet.read(path), spec.integer("pad", 0))
