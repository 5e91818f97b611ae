"""SMILES: the published regular expression that cuts one into tokens, and what each token stands for.

The expression is that of the Molecular Transformer (Schwaller et al., ACS Central Science 5 (2019), 1572;
https://github.com/pschwllr/MolecularTransformer, README). The tokens put together must be the SMILES again,
as its authors assert; what the expression does not cover is an error here and not left out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tokscope.errors import Flaw
from tokscope.transcript import Member

TOKEN = re.compile(
    r"(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>|\*|\$|\%[0-9]{2}|[0-9])"
)
"""One token, as published."""

_PAIRED = frozenset("()0123456789%")
"""The first characters of tokens that come in pairs."""

_SPACE = re.compile(r"\s")

_ATOM = re.compile(r"[A-Za-z*\[]")

_BOND = frozenset("-=#$:/\\~")
_HYDROGEN = re.compile(r"\[\d*H[+-]?\d*(?::\d+)?\]")


def cut_smiles(smiles: str) -> list[str]:
    """Cut a SMILES into tokens.

    Example: cut_smiles("C[C@@H](N)C(=O)O") -> ["C", "[C@@H]", "(", "N", ")", "C", "(", "=", "O", ")", "O"]

    Raises Flaw, with the column, for white space, for what the expression does not cover, for brackets and
    rings that are not closed, and where there is no atom.
    """
    found = TOKEN.findall(smiles)
    if "".join(found) != smiles or _SPACE.search(smiles):
        raise _uncovered(smiles)
    if not smiles.isalpha():
        _check_closed(found)
        if smiles and not _ATOM.search(smiles):
            raise Flaw("no atom, so not a molecule", column=1)
    return found


def _uncovered(smiles: str) -> Flaw:
    """Say what the expression does not cover, and where."""
    at = 0
    while (match := TOKEN.match(smiles, at)) and not _SPACE.search(match[0]):
        at = match.end()
    if match:
        at += next(i for i, char in enumerate(match[0]) if char.isspace())
    char = smiles[at : at + 1]
    if char.isspace():
        why = "white space inside a SMILES"
    elif smiles.startswith("%(", at):
        why = "a ring number in parentheses, which the published expression does not have"
    elif char == "%":
        why = "% without the two digits of a ring number"
    elif char == "[":
        why = "a bracket [ that is not closed" if "]" not in smiles[at:] else "an empty bracket []"
    elif char == "]":
        why = "a bracket ] that closes nothing"
    else:
        why = f"{char!r} is not a token of SMILES"
    return Flaw(why, column=at + 1)


def _check_closed(found: list[str]) -> None:
    """Raise Flaw where a branch or a ring is not closed."""
    depth = 0
    rings: set[str] = set()
    for token in found:
        if token[0] not in _PAIRED:
            continue
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
            if depth < 0:
                break
        else:
            rings ^= {_ring(token)}
    if depth or rings:
        raise _unbalanced(found)


def _ring(token: str) -> str:
    """Give the number of a ring: 1, %1 and %01 are the same."""
    return token.removeprefix("%").removeprefix("0") or "0"


def _unbalanced(found: list[str]) -> Flaw:
    """Say which branch or ring is not closed, the first in the SMILES."""
    column = 1
    branches: list[int] = []
    rings: dict[str, int] = {}
    for token in found:
        if token == "(":
            branches.append(column)
        elif token == ")":
            if not branches:
                return Flaw("a ) that closes no branch", column=column)
            branches.pop()
        elif token[0].isdigit() or token[0] == "%":
            number = _ring(token)
            if rings.pop(number, None) is None:
                rings[number] = column
        column += len(token)
    opened = [(at, "a branch ( that is not closed") for at in branches]
    opened += [(at, f"ring {number} is opened but never closed") for number, at in rings.items()]
    at, why = min(opened)
    return Flaw(why, column=at)


class Scan(NamedTuple):
    """What the tokens of a SMILES stand for.

    Example: scan("C=O").members -> [[Member("atom", 0)], [Member("bond", 0)], [Member("atom", 1)]]

    `atoms` has for each atom, in the order of the SMILES, the index of its token; `bonds` has the two atoms
    of each bond, those of chains first and then those of rings, by the rings' numbers. Both are RDKit's
    order. A token of a bond or of a ring stands for that bond; one that is not written, plain and in a chain,
    goes with the atom after it. `whys` says the same in words. `chained` has the bond by which an atom hangs
    on one before it, and so no bonds of rings.
    """

    tokens: list[str]
    atoms: list[int]
    bonds: list[tuple[int, int]]
    members: list[list[Member]]
    whys: list[str]
    chained: dict[int, int]


def heavy_atoms(found: list[str]) -> int:
    """Count the heavy atoms among the tokens of a SMILES.

    Example: heavy_atoms(cut_smiles("[H]OC(=O)C")) -> 4
    """
    return sum(
        token[0].isalpha()
        or token == "*"
        or (token[0] == "[" and ("H" not in token or _HYDROGEN.fullmatch(token) is None))
        for token in found
    )


def scan(smiles: str) -> Scan:
    """Read what each token of a SMILES stands for. Raises Flaw as cut_smiles() does, and for a ring at no
    atom.

    Example: scan("c1ccccc1").bonds[-1] -> (0, 5)  # the ring is closed last
    """
    return _Scanner(cut_smiles(smiles)).scan()


class _Ring(NamedTuple):
    """A ring that is open: the atom and the token where it was opened, and the token of its bond."""

    atom: int
    token: int
    bond: int | None


class _Scanner:
    """Goes through the tokens of a SMILES, each with what came before."""

    def __init__(self, found: list[str]) -> None:
        self._found = found
        self._atoms: list[int] = []
        self._bonds: list[tuple[int, int]] = []
        self._members: list[list[Member]] = [[] for _ in found]
        self._whys = [""] * len(found)
        self._chained: dict[int, int] = {}
        self._here: int | None = None
        self._written: int | None = None  # the token of the bond that is to come
        self._branches: list[int | None] = []
        self._rings: dict[str, _Ring] = {}
        self._closed: list[tuple[int, int, tuple[int, int], set[int]]] = []  # number, place, atoms, tokens

    def scan(self) -> Scan:
        """Go through all of them."""
        for i, token in enumerate(self._found):
            if token[0].isalpha() or token[0] in "[*":
                self._atom(i)
            elif token[0].isdigit() or token[0] == "%":
                self._ring(i, _ring(token))
            else:
                self._between(i, token)
        for _, _, pair, places in sorted(self._closed):
            for at in places:
                self._members[at].append(Member("bond", len(self._bonds)))
            self._bonds.append(pair)
        return Scan(self._found, self._atoms, self._bonds, self._members, self._whys, self._chained)

    def _atom(self, i: int) -> None:
        """Take an atom, and the bond to the one before it."""
        atom, before = len(self._atoms), self._here
        self._atoms.append(i)
        self._members[i].append(Member("atom", atom))
        self._whys[i] = f"atom {atom}"
        if before is not None:
            bond = i if self._written is None else self._written
            self._members[bond].append(Member("bond", len(self._bonds)))
            if bond == i:
                self._whys[i] += f", bound to atom {before}"
            else:
                self._whys[bond] = f"the bond of atoms {before} and {atom}"
            self._chained[atom] = len(self._bonds)
            self._bonds.append((before, atom))
        self._here, self._written = atom, None

    def _ring(self, i: int, number: str) -> None:
        """Open a ring, or close it: its bond is numbered after those of chains."""
        if self._here is None:
            column = 1 + sum(map(len, self._found[:i]))
            raise Flaw(f"ring {number} at no atom", column=column)
        opened = self._rings.pop(number, None)
        if opened is None:
            self._rings[number] = _Ring(self._here, i, self._written)
        else:
            places = {opened.token, i, *(one for one in (opened.bond, self._written) if one is not None)}
            self._closed.append((int(number), i, (opened.atom, self._here), places))
            self._whys[i] = f"closes ring {number}: the bond of atoms {opened.atom} and {self._here}"
            self._whys[opened.token] = f"opens ring {number}, which atom {self._here} closes"
        self._written = None

    def _between(self, i: int, token: str) -> None:
        """Take a bond, a branch, or the end of a part."""
        if token in _BOND:
            self._written = i
        elif token == "(":
            self._branches.append(self._here)
            self._whys[i] = "a branch begins" + ("" if self._here is None else f" at atom {self._here}")
        elif token == ")":
            self._here = self._branches.pop()
            self._whys[i] = "the branch ends" + ("" if self._here is None else f", back to atom {self._here}")
        elif token in ".>":
            self._here = self._written = None
            self._whys[i] = "no bond: another part" if token == "." else "the arrow of a reaction"
