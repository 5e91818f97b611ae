"""Whether a downstream task moves boundaries: texts without spaces, whose label is a letter of theirs.

python -m tests.bench.labels        takes some minutes
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from tests.support.labelled import pairs
from tokscope.learning.labelled_texts import LabelledTexts
from tokscope.learning.neural_step import Settings
from tokscope.learning.neural_training import Training, TrainingBytes


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
