"""The lattice of a Unigram model: every piece that matches, and the most probable paths (Kudo 2018).

The source of the algorithm: https://aclanthology.org/P18-1007 (arXiv:1804.10959), and for ties, which it
leaves open, the implementations: of two paths to a place the one whose last piece begins first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tokscope.report.trace import Arc, Facts, Graph

UNKNOWN_PENALTY = 10.0
"""How much less probable than the least probable piece an unknown character is, in both implementations."""

MOST_PROBABLE = "of all paths through the pieces that match, the most probable one"

BEST, RUNNER_UP = "best", "runner_up"


class Piece(NamedTuple):
    """A piece of the vocabulary where it matches, from a character to another; an unknown one has no id.

    Example: Piece(0, 5, "▁play", 679, -8.41)
    """

    start: int
    end: int
    text: str
    id: int | None
    score: float


Path = tuple[Piece, ...]


def lattice(
    text: str, find: Callable[[str], tuple[int, float] | None], longest: int, unknown: float
) -> list[Piece]:
    """Find every piece that matches, in the order of their starts, then ends.

    Example: of "ab" with pieces a, b, ab -> a (0, 1), ab (0, 2), b (1, 2)

    `find` gives the id and the score, a natural logarithm, of a piece; none has more than `longest`
    characters. A character that is not a piece is one of the score `unknown`.
    """
    pieces: list[Piece] = []
    for start in range(len(text)):
        found = [
            Piece(start, end, text[start:end], *match)
            for end in range(start + 1, min(len(text), start + longest) + 1)
            if (match := find(text[start:end])) is not None
        ]
        if not found or found[0].end > start + 1:
            found.insert(0, Piece(start, start + 1, text[start], None, unknown))
        pieces += found
    return pieces


def best_paths(
    pieces: Sequence[Piece], size: int, rounded: Callable[[float], float] = float
) -> list[tuple[float, Path]]:
    """Find the most probable path through a lattice over `size` characters, and the next one, by Viterbi.

    Example: of that lattice, with the scores a -1, b -1, ab -3.5 -> [(-2.0, (a, b)), (-3.5, (ab,))]

    Every place keeps its two best ways from the start. `rounded` is what the implementation does to each
    sum: sentencepiece keeps 32-bit floats.
    """
    ways: list[list[tuple[float, Piece | None, int]]] = [[(0.0, None, 0)], *([] for _ in range(size))]
    for piece in pieces:
        for rank, (score, _, _) in enumerate(ways[piece.start]):
            ways[piece.end].append((rounded(score + piece.score), piece, rank))
        # Stable: of equals the one that came first, whose piece begins first, stays first.
        ways[piece.end].sort(key=lambda way: -way[0])
        del ways[piece.end][2:]
    found = []
    for rank, (score, _, _) in enumerate(ways[size]):
        path: list[Piece] = []
        at = size
        while at:
            _, piece_to, rank = ways[at][rank]
            assert piece_to is not None  # only the start has none
            path.append(piece_to)
            at = piece_to.start
        found.append((score, tuple(reversed(path))))
    return found


def lattice_graph(text: str, pieces: Sequence[Piece], paths: Sequence[tuple[float, Path]]) -> Graph:
    """Draw up a lattice with its best path and the runner-up.

    Example: lattice_graph("ab", pieces, paths).paths -> {"best": {"log_probability": -2.0}, "runner_up": ...}
    """
    names = dict(zip((BEST, RUNNER_UP), paths, strict=False))
    on = {name: set(path) for name, (_, path) in names.items()}
    arcs = [
        Arc(
            *piece[:3],
            {"id": piece.id, "log_probability": piece.score},
            [name for name in names if piece in on[name]],
        )
        for piece in pieces
    ]
    facts: dict[str, Facts] = {name: {"log_probability": score} for name, (score, _) in names.items()}
    return Graph(text, arcs, facts)
