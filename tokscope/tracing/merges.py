"""Merges: byte-pair encoding that remembers what it merged (Sennrich et al. 2016, arXiv:1508.07909)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from tokscope.report.trace import Facts, Grown, Tree

BY_RANK = "in each piece the two neighbours whose merge has the lowest rank are merged first"

Symbol = TypeVar("Symbol", str, bytes)


def merge_symbols(
    symbols: Sequence[Symbol],
    merge: Callable[[Symbol, Symbol], tuple[float, Symbol] | None],
    fact: Callable[[float], Facts],
    show: Callable[[Symbol], bytes],
) -> tuple[list[Symbol], list[Tree]]:
    """Merge neighbours until no two have a merge: the one of the lowest order first, the leftmost of equals.

    Example: with the paper's merges "l o", "lo w", "e r·" the symbols l o w e r· become low, er·

    `merge` gives the order of a pair's merge and what the pair becomes, `fact` what there is to say about
    that order, `show` a symbol's bytes. Gives the symbols, and for each the tree of its merges.
    """
    symbols = list(symbols)
    trees = [Tree(show(symbol)) for symbol in symbols]
    merges = [merge(left, right) for left, right in pairwise(symbols)]
    number = 0
    while orders := [found[0] for found in merges if found is not None]:
        order = min(orders)
        i, symbol = next(
            (i, found[1]) for i, found in enumerate(merges) if found is not None and found[0] == order
        )
        number += 1
        symbols[i : i + 2] = [symbol]
        trees[i : i + 2] = [Tree(show(symbol), {"merge": number, **fact(order)}, tuple(trees[i : i + 2]))]
        del merges[i]
        if i > 0:
            merges[i - 1] = merge(symbols[i - 1], symbols[i])
        if i < len(merges):
            merges[i] = merge(symbols[i], symbols[i + 1])
    return symbols, trees


def of_bytes(piece: bytes, rank: Callable[[bytes], int | None]) -> tuple[list[int], Grown]:
    """Cut one piece of a text as byte-level BPE by ranks does, and say how.

    Example: of_bytes(b"low", {b"l": 0, b"o": 1, b"w": 2, b"lo": 3}.get)[0] -> [3, 2]

    A piece that is a token is not merged. Gives ranks: every byte has one.
    """
    whole = rank(piece)
    if whole is not None:
        return [whole], Grown(piece, (Tree(piece),))
    tokens, trees = _merge_by_rank(piece, rank)
    ranks = [found for token in tokens if (found := rank(token)) is not None]
    return ranks, Grown(piece, trees)


def formed(token: bytes, rank: Callable[[bytes], int | None]) -> Grown | None:
    """Say by which merges byte-level BPE by ranks comes to one of its tokens; None where it never does.

    Example: formed(b"lo", {b"l": 0, b"o": 1, b"lo": 3}.get) -> Grown(b"lo", (Tree(b"lo", ..., (l, o)),))
    """
    tokens, trees = _merge_by_rank(token, rank)
    return Grown(token, trees) if tokens == [token] else None


def _merge_by_rank(piece: bytes, rank: Callable[[bytes], int | None]) -> tuple[list[bytes], list[Tree]]:
    def merge(left: bytes, right: bytes) -> tuple[float, bytes] | None:
        found = rank(left + right)
        return None if found is None else (found, left + right)

    symbols = [piece[i : i + 1] for i in range(len(piece))]
    return merge_symbols(symbols, merge, lambda order: {"rank": int(order)}, lambda symbol: symbol)
