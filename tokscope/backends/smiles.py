"""`smiles`: SMILES cut by the published regular expression; `smiles:char`: a token for each character.

Both take whole molecules: what is not SMILES is an error with its column. `?vocab=FILE` gives the tokens ids,
a token a line or a JSON object; none are published.
"""

from __future__ import annotations

from tokscope.structures.alphabet import Alphabet
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import cut_smiles, scan
from tokscope.tokenizer import Census, Kind
from tokscope.tokenizer.spec import Spec
from tokscope.transcriber import Transcriber
from tokscope.transcript import Sign, Transcript


class Smiles(Transcriber):
    """The tokens of the Molecular Transformer's regular expression.

    Example: load("smiles").count("CC(=O)Oc1ccccc1C(=O)O") -> 21
    """

    kind = Kind.MOLECULES
    how = "the regular expression of Schwaller et al. (2019): a token for each match, and nothing left over"

    def __init__(self, name: str, alphabet: Alphabet | None = None) -> None:
        self.name = name
        self.alphabet = alphabet
        self.vocab_size = alphabet.size if alphabet else None

    def transcribe(self, structure: Molecule) -> Transcript:
        """Cut the SMILES of one molecule. Raises Flaw for what is not SMILES."""
        return Transcript(self._numbered(self._cut(structure.smiles)))

    def _cut(self, smiles: str) -> list[Sign]:
        found = scan(smiles)
        return [
            Sign(token, None, tuple(members), why)
            for token, members, why in zip(found.tokens, found.members, found.whys, strict=True)
        ]

    def census_of(self, structure: Molecule) -> Census:
        """Count the tokens of one molecule. Raises Flaw as transcribe() does."""
        if self.alphabet is not None:
            return super().census_of(structure)
        return Census(len(cut_smiles(structure.smiles)))

    def restore(self, transcript: Transcript) -> str:
        """Put the tokens together, which is the SMILES that was cut."""
        return "".join(symbol.text for symbol in transcript.signs)


class Characters(Smiles):
    """The characters of a SMILES.

    Example: load("smiles:char").count("ClCCBr") -> 6
    """

    how = "a token for each character"

    def _cut(self, smiles: str) -> list[Sign]:
        signs = []
        for whole in super()._cut(smiles):
            signs.append(whole._replace(text=whole.text[0]))
            signs += [Sign(char, None, whole.members, f"goes on in {whole.text}") for char in whole.text[1:]]
        return signs

    def census_of(self, structure: Molecule) -> Census:
        """Count the characters of one molecule. Raises Flaw for what is not SMILES."""
        if self.alphabet is not None:
            return super().census_of(structure)
        cut_smiles(structure.smiles)
        return Census(len(structure.smiles))


def load(spec: Spec) -> Transcriber:
    """Build the tokenizer of `smiles` or `smiles:char`. Raises BrokenTokenizer for a broken vocabulary.

    Example: load(Spec("smiles", "char")).name -> "smiles:char"
    """
    path = spec.text("vocab")
    made = Characters if spec.argument == "char" else Smiles
    return made(str(spec), None if path is None else Alphabet.read(path))
