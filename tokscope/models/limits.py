"""How much text each model takes and gives.

The limits lie in limits.csv, which names the source of every row and the day on which it was read; it is
opened when one is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Model(NamedTuple):
    """How many tokens a model takes and gives.

    Example: model_of("gpt-5") -> Model("gpt-5", window=400000, input=272000, output=128000, ...)

    `window` holds the input and the answer together; `input` is the most that may be sent, which may be less;
    `output` is the longest answer, None where nobody states one or there is none (embeddings). `chat` names
    the rule for what a chat request adds, see chat.RULES, None where the model's maker has none. `source` is
    where the figures were read, `read` the day (ISO 8601).
    """

    name: str
    window: int
    input: int
    output: int | None
    chat: str | None
    read: str
    source: str

    def filled(self, tokens: int) -> str:
        """Say how much of the window an input of `tokens` takes.

        Example: model_of("gpt-4").filled(1024) -> "12.50% of the 8,192 tokens that gpt-4 takes"
        """
        share = tokens / self.window
        how_full = f"{share:.2%} of" if share <= 10 else f"{share:,.1f} times"
        return f"{how_full} the {self.window:,} tokens that {self.name} takes"

    def left(self, tokens: int) -> int:
        """Give how many tokens of answer an input of `tokens` leaves room for; 0 where it does not fit.

        Example: model_of("gpt-4").left(8000) -> 192
        """
        if tokens > self.input:
            return 0
        return min(self.window - tokens, self.window if self.output is None else self.output)


@cache
def known_models() -> Mapping[str, Model]:
    """Read the table of every model whose limits are known, in the order of limits.csv.

    Example: known_models()["gpt-4o"].window -> 128000
    """
    import csv

    with (Path(__file__).parent / "limits.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["model"]: Model(
                row["model"],
                int(row["window"]),
                int(row["input"] or row["window"]),
                int(row["output"]) if row["output"] else None,
                row["chat"] or None,
                row["read"],
                row["source"],
            )
            for row in csv.DictReader(file)
        }


_DATE = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{8})$")


def model_of(name: str) -> Model | None:
    """Find the limits of a model; a dated or fine-tuned one has its base's, unless the table knows better.

    Example: model_of("ft:gpt-4o-2024-08-06:acme::7p4lURel").window -> 128000

    It keeps the name that it was asked for by.
    """
    base = name.lower()
    if base.startswith("ft:"):
        base = base.split(":")[1]
    model = known_models().get(base) or known_models().get(_DATE.sub("", base))
    return model and model._replace(name=name)


def context_window(name: str) -> int | None:
    """Give the context window of a model in tokens, None where no model of that name, or no window, is known.

    Example: context_window("gpt-4o") -> 128000
    """
    model = model_of(name)
    return model.window if model else None
