"""The model inside a SentencePiece .model, explained by its type: Unigram, BPE, words or characters.

The source of the algorithms: Kudo and Richardson 2018 (arXiv:1808.06226) and the library's unigram_model.cc
and bpe_model.cc. A .model is a protobuf message, sentencepiece_model.proto, of which little is read here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from tokscope.files.protobuf import fields, integer
from tokscope.report.trace import Forest, Graphs, Grown, Step, Tree
from tokscope.tracing.lattice import MOST_PROBABLE, UNKNOWN_PENALTY, best_paths, lattice, lattice_graph
from tokscope.tracing.merges import merge_symbols

Symbols = list[tuple[str, int | None]]
"""Pieces of a text with their ids; None is an unknown character."""


FLT_MIN = 2.0**-126
"""The least positive 32-bit float of full precision."""


class PieceType(IntEnum):
    """What a piece is for, as the .proto numbers it.

    Example: PieceType(4) -> PieceType.USER_DEFINED
    """

    NORMAL = 1
    USER_DEFINED = 4
    UNUSED = 5


class ModelPiece(NamedTuple):
    """One piece of the vocabulary.

    Example: ModelPiece(679, -8.41, PieceType.NORMAL)
    """

    id: int
    score: float
    type: int


class SentencePieceModel:
    """The pieces of a .model, and what kind of model it is.

    Example: SentencePieceModel(processor.serialized_model_proto()).explain(["▁Hello"])
    """

    def __init__(self, proto: bytes) -> None:
        self.type = "unigram"
        self.pieces: dict[str, ModelPiece] = {}
        number = 0
        for field, value in fields(proto):
            if field == 1:
                piece = dict(fields(value))
                type_ = integer(piece[3]) if 3 in piece else PieceType.NORMAL
                score = struct.unpack("<f", piece[2])[0] if 2 in piece else 0.0
                if type_ in (PieceType.NORMAL, PieceType.USER_DEFINED, PieceType.UNUSED):
                    with suppress(UnicodeDecodeError):  # a piece that is not text stands in no text
                        self.pieces[piece.get(1, b"").decode()] = ModelPiece(number, score, type_)
                number += 1
            elif field == 2:
                trainer = dict(fields(value))
                self.type = TYPES[integer(trainer[3]) if 3 in trainer else 1]

    def explain(self, texts: Sequence[str]) -> tuple[Step, list[Symbols]]:
        """Explain how each of `texts`, which are normalized, is cut into pieces.

        Example: model.explain(["▁Hello"])[1] -> [[("▁Hello", 8774)]]
        """
        return EXPLAIN[self.type](self, texts)

    @cached_property
    def _normal_scores(self) -> list[float]:
        return [known.score for known in self.pieces.values() if known.type == PieceType.NORMAL]

    @cached_property
    def _best_score(self) -> float:
        """The best score as the library has it, which begins its search at the least positive float."""
        return max([FLT_MIN, *self._normal_scores])

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.pieces), default=0)

    @cached_property
    def _user_defined(self) -> re.Pattern[str]:
        """Match a symbol that the model's maker defined, the longest first, else one character."""
        symbols = [piece for piece, known in self.pieces.items() if known.type == PieceType.USER_DEFINED]
        return re.compile("|".join([*map(re.escape, sorted(symbols, key=len, reverse=True)), "."]), re.DOTALL)

    def _scored(self, piece: str) -> tuple[int, float] | None:
        """Give a piece's id and its score in a lattice, where what the maker defined always wins."""
        known = self.pieces.get(piece)
        if known is None or known.type == PieceType.UNUSED:
            return None
        if known.type == PieceType.USER_DEFINED:
            return known.id, len(piece.encode()) * self._best_score - 0.1
        return known.id, known.score

    def unigram(self, texts: Sequence[str]) -> tuple[Step, list[Symbols]]:
        """Explain Unigram.

        Example: model.unigram(["▁Hello"])[0].stage -> "lattice"
        """
        unknown = min(self._normal_scores, default=0.0) - UNKNOWN_PENALTY
        graphs, cut = [], []
        for text in texts:
            pieces = lattice(text, self._scored, self._longest, unknown)
            paths = best_paths(pieces, len(text), _float32)
            graphs.append(lattice_graph(text, pieces, paths))
            cut.append([(piece.text, piece.id) for piece in paths[0][1]])
        return Step("lattice", MOST_PROBABLE, (Graphs(graphs),)), cut

    def bpe(self, texts: Sequence[str]) -> tuple[Step, list[Symbols]]:
        """Explain BPE by scores.

        Example: model.bpe(["▁Hello"])[0].stage -> "merges"
        """

        def merge(left: str, right: str) -> tuple[float, str] | None:
            frozen = any(self._type(symbol) == PieceType.USER_DEFINED for symbol in (left, right))
            known = self.pieces.get(left + right)
            return None if frozen or known is None else (-known.score, left + right)

        grown, cut = [], []
        for text in texts:
            symbols = self._user_defined.findall(text)
            _, trees = merge_symbols(symbols, merge, lambda order: {"score": -order}, str.encode)
            leaves = [leaf for tree in trees for leaf in self._used(tree)]
            cut.append(self._looked_up([leaf.data.decode() for leaf in leaves]))
            grown.append(Grown(text.encode(), _with_reasons(leaves, cut[-1])))
        says = "the two neighbours whose piece has the best score are merged first"
        return Step("merges", says, (Forest(grown),)), cut

    def words(self, texts: Sequence[str]) -> tuple[Step, list[Symbols]]:
        """Explain a vocabulary of whole words.

        Example: model.words(["▁Hello▁world"])[1] -> [[("▁Hello", 7), ("▁world", 9)]]
        """
        return self._by_look_up(texts, lambda text: re.findall("▁[^▁]*|[^▁]+", text), "words")

    def characters(self, texts: Sequence[str]) -> tuple[Step, list[Symbols]]:
        """Explain a vocabulary of characters.

        Example: model.characters(["▁Hi"])[1] -> [[("▁", 3), ("H", 9), ("i", 5)]]
        """
        return self._by_look_up(texts, self._user_defined.findall, "characters")

    def _by_look_up(
        self, texts: Sequence[str], cut: Callable[[str], list[str]], what: str
    ) -> tuple[Step, list[Symbols]]:
        found = [self._looked_up(cut(text)) for text in texts]
        nodes = [_with_reasons([Tree(piece.encode()) for piece, _ in symbols], symbols) for symbols in found]
        grown = [Grown(node.data, (node,)) for of_text in nodes for node in of_text]
        return Step("look-up", f"the text is cut into {what}, and each is looked up", (Forest(grown),)), found

    def _type(self, piece: str) -> int | None:
        known = self.pieces.get(piece)
        return None if known is None else known.type

    def _used(self, tree: Tree) -> Iterator[Tree]:
        """Take apart again what was merged to a piece that is not to be used."""
        if tree.children and self._type(tree.data.decode()) == PieceType.UNUSED:
            for child in tree.children:
                yield from self._used(child)
        else:
            yield tree

    def _looked_up(self, pieces: Sequence[str]) -> Symbols:
        return [(piece, known.id if (known := self.pieces.get(piece)) else None) for piece in pieces]


def _with_reasons(nodes: Sequence[Tree], symbols: Symbols) -> list[Tree]:
    """Mark each piece that is not in the vocabulary."""
    return [
        node._replace(facts={"why": "not in the vocabulary"}) if token_id is None else node
        for node, (_, token_id) in zip(nodes, symbols, strict=True)
    ]


TYPES = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}
"""The types of model, as the .proto numbers them."""

EXPLAIN: dict[str, Callable[[SentencePieceModel, Sequence[str]], tuple[Step, list[Symbols]]]] = {
    "unigram": SentencePieceModel.unigram,
    "bpe": SentencePieceModel.bpe,
    "word": SentencePieceModel.words,
    "char": SentencePieceModel.characters,
}


def ids_of(symbols: Symbols, unknown: int, byte: Callable[[int], int] | None) -> list[int]:
    """Give the ids of pieces; unknown characters become their bytes, or one id where they are in a row.

    Example: ids_of([("▁", 3), ("日", None), ("本", None)], 2, None) -> [3, 2]

    `byte` gives the id of a byte, None where the model has no pieces for bytes.
    """
    made: list[int] = []
    before: int | None = 0
    for text, token_id in symbols:
        if token_id is not None:
            made.append(token_id)
        elif byte is not None:
            made += map(byte, text.encode())
        elif before is not None:
            made.append(unknown)
        before = token_id
    return made


def _float32(value: float) -> float:
    """Round as sentencepiece does, which adds up 32-bit floats."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded
