"""The catalogue: what can be asked for, without loading any of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tokscope.models.limits import known_models
from tokscope.models.names import MODELS, stand_in, vocabulary_of
from tokscope.registry import plugins, standing_in
from tokscope.registry.backends import BACKENDS, Backend
from tokscope.vocabularies import VOCABULARIES, Vocabulary

if TYPE_CHECKING:
    from tokscope.media.rules import MediaRule


@dataclass(frozen=True, slots=True)
class TokenizerEntry:
    """One tokenizer that can be asked for.

    Example: next(one for one in catalogue_entries() if one.name == "o200k_base").vocab_size -> 200019

    `name` is its spec, or the shape of one where a file has to be named. `vocab_size` is None where there is
    no vocabulary, or only the file tells. `models` are the other names that it goes by. `source` says where
    the vocabulary or the algorithm came from.
    """

    name: str
    family: str
    summary: str
    vocab_size: int | None
    exact: bool
    licence: str
    source: str
    special: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class ModelEntry(NamedTuple):
    """One model that can be asked for by name: its tokenizer, and what it takes and gives, in tokens.

    Example: next(one for one in model_entries() if one.name == "gpt-4o").window -> 128000

    `tokenizer` counts for it: its own, or, where it is not `exact`, one that stands in. The limits are None
    where they are not known, and `output` even where there is none. `chat` is its rule in chat.RULES.
    `source` says where they were read, `read` on what day (ISO 8601).
    """

    name: str
    tokenizer: str | None
    exact: bool
    window: int | None = None
    input: int | None = None
    output: int | None = None
    chat: str | None = None
    read: str | None = None
    source: str | None = None


class MediaEntry(NamedTuple):
    """Models that the rules for pictures, sound, video and PDF know: by their names and patterns.

    Example: next(one for one in media_entries() if one.name == "gpt-4o").takes -> ("picture",)

    `takes` are the kinds of files, `details` the words of --detail that make a difference, `as_of` the day of
    the newest rule, `source` where that was read.
    """

    name: str
    takes: tuple[str, ...]
    details: tuple[str, ...]
    as_of: str
    source: str


FAMILY_NAMES = {"bpe": "BPE", "wordpiece": "WordPiece", "sentencepiece": "SentencePiece"}


NOW = (
    "o200k_base",
    "gemma",
    "qwen3.5",
    "deepseek",
    "glm",
    "minimax",
    "tekken",
    "o200k_harmony",
    "cl100k_base",
    "qwen2.5",
    "glm-4.5",
    "minimax-m2",
)
"""The vocabularies that models of today have, which come first."""


def catalogue_entries() -> Iterator[TokenizerEntry]:
    """Give every shipped vocabulary, every backend in all its variants, and every installed plug-in.

    Example: [entry.name for entry in catalogue_entries()] -> ["o200k_base", ..., "char", "char:codepoint",
    ...]
    """
    for name in sorted(VOCABULARIES, key=lambda name: NOW.index(name) if name in NOW else len(NOW)):
        yield _of_vocabulary(name, VOCABULARIES[name])
    for name, backend in BACKENDS.items():
        if backend.ships:
            yield _of_backend(name, backend, exact=True)
        if backend.variants is None:
            yield _of_backend(backend.scheme, backend, exact="" not in backend.estimates)
        else:
            for variant in backend.variants:
                spec = f"{name}:{variant}" if variant else name
                yield _of_backend(spec, backend, exact=variant not in backend.estimates)
    for plugin in plugins():
        source = plugin.dist.name if plugin.dist else plugin.value
        yield TokenizerEntry(plugin.name, "plug-in", plugin.value, None, True, "", source)


def model_entries() -> Iterator[ModelEntry]:
    """Give every model whose limits or tokenizer are known, those with limits first.

    Example: next(model_entries()) -> ModelEntry("gpt-6.1-sol", "o200k_base", False, window=1050000, ...)
    """
    for name, model in known_models().items():
        other = stand_in(name)
        tokenizer = other.vocabulary if other else vocabulary_of(name)
        if other and (backend := standing_in(name)) and backend[0] == "claude":
            tokenizer = BACKENDS["claude"].source
        yield ModelEntry(name, tokenizer, other is None, *model[1:])
    for name, vocabulary in MODELS.items():
        if name not in known_models():
            yield ModelEntry(name, vocabulary, True)


def media_entries() -> Iterator[MediaEntry]:
    """Give the models that take files which are not text, in the order of the rules.

    Example: next(media_entries()) -> MediaEntry("gpt-4o", ("picture",), ("auto", "low", "high"), ...)
    """
    from tokscope.media.rules import DETAILS, read_rules

    known: dict[str, list[MediaRule]] = {}
    for rule in read_rules():
        if rule.rule != "none":
            known.setdefault(" ".join(rule.models), []).append(rule)
    for name, rules in known.items():
        kinds = dict.fromkeys(rule.kind for rule in rules)
        words = {word for rule in rules for word in rule.when}
        newest = max(rules, key=lambda rule: rule.as_of)
        details = (word for word in DETAILS if word in words)
        yield MediaEntry(name, tuple(kinds), tuple(details), newest.as_of, newest.source)


def _of_vocabulary(name: str, vocabulary: Vocabulary) -> TokenizerEntry:
    return TokenizerEntry(
        name=name,
        family=FAMILY_NAMES[vocabulary.backend],
        summary=f"{vocabulary.origin}'s vocabulary",
        vocab_size=vocabulary.vocab_size,
        exact=True,
        licence=vocabulary.licence,
        source=f"{vocabulary.origin}, {vocabulary.package.replace('==', ' ')}",
        special=tuple(sorted(vocabulary.special, key=vocabulary.special.__getitem__)),
        models=tuple(model for model, uses in MODELS.items() if uses == name),
    )


def _of_backend(name: str, backend: Backend, *, exact: bool) -> TokenizerEntry:
    return TokenizerEntry(name, backend.family, backend.summary, None, exact, backend.licence, backend.source)
