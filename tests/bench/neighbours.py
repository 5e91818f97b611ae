"""How long the neighbours of a token take to find, apart from opening the model.

python -m tests.bench.neighbours SmolLM2-135M-Instruct.Q4_1.gguf ' king'
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from tokscope import load
from tokscope.weights.model import OpenModel
from tokscope.weights.naming import Naming
from tokscope.weights.rows import cosines, nearest_rows
from tokscope.weights.tensors import unit

TIMES = 9


def main() -> None:
    path, token = sys.argv[1:]
    start = perf_counter()
    model = OpenModel(path)
    opened = perf_counter()
    naming = Naming(load(model.tokenizer), model.embedding)
    named = perf_counter()
    entry, ids = naming.find(token), [one.id for one in naming]
    matrix = model.embedding
    in_file = _least(lambda: nearest_rows(cosines(matrix, matrix.rows([entry.id])[0]), ids, 10))
    print(f"model opened      {opened - start:.3f} s")
    print(f"tokens named      {named - opened:.3f} s")
    print(f"neighbours found  {in_file:.3f} s  of {matrix.shape[0]:,} rows of {matrix.kind} in the file")
    loaded = np.concatenate([unit(rows) for _, rows in matrix.blocks()])
    in_memory = _least(lambda: nearest_rows(loaded @ loaded[entry.id], ids, 10))
    print(f"                  {in_memory:.3f} s  of the same in memory")


def _least(search: Callable[[], Any]) -> float:
    taken = []
    for _ in range(TIMES):
        start = perf_counter()
        search()
        taken.append(perf_counter() - start)
    return min(taken)


if __name__ == "__main__":
    main()
