"""Whether a downstream task moves boundaries: texts without spaces, whose label is a letter of theirs.

python -m tests.bench.labels        takes some minutes

All letters are as frequent as each other, so that nothing in the next byte says that "e" or "o" is worth a
patch; the label does.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import product

import numpy as np

from tokscope.learning.labelled_texts import LabelledTexts
from tokscope.learning.neural_step import Settings
from tokscope.learning.neural_training import Training, TrainingBytes


def pairs(number: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Make texts with their labels.

    Example: next(pairs(1)) -> ("lehgefm...", "e"), with every letter from a to p but o
    """
    chooser = random.Random(seed)
    for _ in range(number):
        size, label = chooser.randint(30, 80), chooser.choice("eo")
        yield "".join(chooser.choices(f"abcdfghijklmnp{label}", k=size)), label


def main() -> None:
    texts = list(pairs(800))
    corpus = TrainingBytes.of([[text + "\n" for text, _ in texts]])
    print("| seed | learned with | labels told | telling letters that begin a patch | others |")
    print("|---|---|---|---|---|")
    for seed, labelled in product(range(1, 6), (None, LabelledTexts.of(texts))):
        training = Training(corpus, Settings(hidden=24, batch=16, seed=seed), labelled)
        training.run(1000, math.inf, lambda progress: None)
        network = training.network()
        telling: list[bool] = []
        others: list[bool] = []
        for text, label in texts[:100]:
            for letter, begins in zip(text[1:], network.boundaries(text.encode())[2:-1], strict=True):
                (telling if letter == label else others).append(begins > 0.5)
        name, told = ("next bytes", "") if labelled is None else ("labels too", f"{training.accuracy():.2f}")
        print(f"| {seed} | {name} | {told} | {np.mean(telling):.2f} | {np.mean(others):.2f} |", flush=True)


if __name__ == "__main__":
    main()
