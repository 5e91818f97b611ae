"""The table of models: the vocabulary that each one uses, and how much text it takes and gives.

OpenAI's names are those of tiktoken 0.14 (tiktoken/model.py, MIT); a test holds them against the installed
tiktoken. The others come from the packages named in vocabularies/__init__.py. The limits lie in models.csv,
which names the source of every row and the day on which it was read; it is opened when one is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tokscope.errors import UsageError
from tokscope.vocabularies import VOCABULARIES

MODELS: dict[str, str] = {
    # OpenAI, from tiktoken
    "o1": "o200k_base",
    "o3": "o200k_base",
    "o4-mini": "o200k_base",
    "gpt-5": "o200k_base",
    "gpt-4.1": "o200k_base",
    "gpt-4o": "o200k_base",
    "gpt-4": "cl100k_base",
    "gpt-3.5-turbo": "cl100k_base",
    "gpt-3.5": "cl100k_base",
    "gpt-35-turbo": "cl100k_base",
    "davinci-002": "cl100k_base",
    "babbage-002": "cl100k_base",
    "text-embedding-ada-002": "cl100k_base",
    "text-embedding-3-small": "cl100k_base",
    "text-embedding-3-large": "cl100k_base",
    "text-davinci-003": "p50k_base",
    "text-davinci-002": "p50k_base",
    "text-davinci-001": "r50k_base",
    "text-curie-001": "r50k_base",
    "text-babbage-001": "r50k_base",
    "text-ada-001": "r50k_base",
    "davinci": "r50k_base",
    "curie": "r50k_base",
    "babbage": "r50k_base",
    "ada": "r50k_base",
    "code-davinci-002": "p50k_base",
    "code-davinci-001": "p50k_base",
    "code-cushman-002": "p50k_base",
    "code-cushman-001": "p50k_base",
    "davinci-codex": "p50k_base",
    "cushman-codex": "p50k_base",
    "text-davinci-edit-001": "p50k_edit",
    "code-davinci-edit-001": "p50k_edit",
    "text-similarity-davinci-001": "r50k_base",
    "text-similarity-curie-001": "r50k_base",
    "text-similarity-babbage-001": "r50k_base",
    "text-similarity-ada-001": "r50k_base",
    "text-search-davinci-doc-001": "r50k_base",
    "text-search-curie-doc-001": "r50k_base",
    "text-search-babbage-doc-001": "r50k_base",
    "text-search-ada-doc-001": "r50k_base",
    "code-search-babbage-code-001": "r50k_base",
    "code-search-ada-code-001": "r50k_base",
    "gpt-2": "gpt2",
    # OpenAI, names that tiktoken finds by their prefix
    "gpt-4o-mini": "o200k_base",
    "gpt-4.1-mini": "o200k_base",
    "gpt-4.1-nano": "o200k_base",
    "gpt-5-mini": "o200k_base",
    "gpt-5-nano": "o200k_base",
    "o1-mini": "o200k_base",
    "o3-mini": "o200k_base",
    "gpt-4-turbo": "cl100k_base",
    "gpt-oss-20b": "o200k_harmony",
    "gpt-oss-120b": "o200k_harmony",
    # others
    "qwen2": "qwen2.5",
    "qwen3": "qwen2.5",
    "qwen3.6": "qwen3.5",
    "deepseek-v3": "deepseek",
    "deepseek-v4": "deepseek",
    "deepseek-v4-flash": "deepseek",
    "deepseek-v4-pro": "deepseek",
    "deepseek-r1": "deepseek",
    "mistral-nemo": "tekken",
    "pixtral": "tekken",
    "bert": "bert-base-uncased",
    "t5-small": "t5",
    "t5-base": "t5",
    "t5-large": "t5",
}

PREFIXES: dict[str, str] = {
    "o1-": "o200k_base",
    "o3-": "o200k_base",
    "o4-mini-": "o200k_base",
    "gpt-5": "o200k_base",
    "gpt-4.5-": "o200k_base",
    "gpt-4.1-": "o200k_base",
    "chatgpt-4o-": "o200k_base",
    "gpt-4o-": "o200k_base",
    "gpt-4-": "cl100k_base",
    "gpt-3.5-turbo-": "cl100k_base",
    "gpt-35-turbo-": "cl100k_base",
    "gpt-oss-": "o200k_harmony",
    "ft:gpt-4o": "o200k_base",
    "ft:gpt-4": "cl100k_base",
    "ft:gpt-3.5-turbo": "cl100k_base",
    "ft:davinci-002": "cl100k_base",
    "ft:babbage-002": "cl100k_base",
}
"""Dated and fine-tuned models, in tiktoken's order: the first prefix that fits decides."""


def vocabulary_of(name: str) -> str | None:
    """Find the shipped vocabulary that a model, or the vocabulary itself, goes by; None if there is none.

    Example: vocabulary_of("gpt-4o-2024-05-13") -> "o200k_base"
    """
    name = name.lower()
    if name in VOCABULARIES:
        return name
    if name in MODELS:
        return MODELS[name]
    return next((vocabulary for prefix, vocabulary in PREFIXES.items() if name.startswith(prefix)), None)


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
        return f"{tokens / self.window:.2%} of the {self.window:,} tokens that {self.name} takes"

    def left(self, tokens: int) -> int:
        """Give how many tokens of answer an input of `tokens` leaves room for; 0 where it does not fit.

        Example: model_of("gpt-4").left(8000) -> 192
        """
        if tokens > self.input:
            return 0
        return min(self.window - tokens, self.window if self.output is None else self.output)


@cache
def models() -> Mapping[str, Model]:
    """Read the table of every model whose limits are known, in the order of models.csv."""
    import csv

    with (Path(__file__).parent / "models.csv").open(encoding="utf-8", newline="") as file:
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
    model = models().get(base) or models().get(_DATE.sub("", base))
    return model and model._replace(name=name)


def models_of(names: Sequence[str]) -> list[Model]:
    """Find models by comma-separated names and patterns, each once. Raises UsageError for an unknown one.

    Example: [model.name for model in models_of(["gpt-4o*,gpt-4"])] -> ["gpt-4o", "gpt-4o-mini", ..., "gpt-4"]
    """
    found: dict[str, Model] = {}
    for name in (name for several in names for name in several.split(",") if name):
        matching = {known: model for known, model in models().items() if fnmatch(known, name.lower())}
        if not matching and (model := model_of(name)):
            matching = {name: model}
        if not matching:
            from difflib import get_close_matches

            close = get_close_matches(name.lower(), models())
            hint = f"did you mean {' or '.join(close)}?" if close else "-t '*' shows every model"
            raise UsageError(f"no context window is known for {name!r}: {hint}")
        found |= matching
    if not found:
        raise UsageError("no model is named; -t '*' shows every one")
    return list(found.values())


def window_of(name: str) -> int | None:
    """Give the context window of a model in tokens, None where no model of that name, or no window, is known.

    Example: window_of("gpt-4o") -> 128000
    """
    model = model_of(name)
    return model.window if model else None
