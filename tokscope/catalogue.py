"""The catalogue: what can be asked for, without loading any of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tokscope.models import MODELS
from tokscope.registry import BACKENDS, Backend, plugins
from tokscope.vocabularies import VOCABULARIES, Vocabulary


@dataclass(frozen=True, slots=True)
class Entry:
    """One tokenizer that can be asked for.

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


FAMILIES = {"bpe": "BPE", "wordpiece": "WordPiece", "sentencepiece": "Unigram"}


def entries() -> Iterator[Entry]:
    """Give every shipped vocabulary, every backend in all its variants, and every installed plug-in.

    Example: [entry.name for entry in entries()] -> ["gpt2", ..., "char", "char:codepoint", ...]
    """
    for name, vocabulary in VOCABULARIES.items():
        yield _of_vocabulary(name, vocabulary)
    for name, backend in BACKENDS.items():
        if backend.variants is None:
            yield _of_backend(backend.scheme, backend)
        else:
            for variant in backend.variants:
                yield _of_backend(f"{name}:{variant}" if variant else name, backend)
    for plugin in plugins():
        source = plugin.dist.name if plugin.dist else plugin.value
        yield Entry(plugin.name, "plug-in", plugin.value, None, True, "", source)


def _of_vocabulary(name: str, vocabulary: Vocabulary) -> Entry:
    return Entry(
        name=name,
        family=FAMILIES[vocabulary.backend],
        summary=f"{vocabulary.origin}'s vocabulary",
        vocab_size=vocabulary.vocab_size,
        exact=True,
        licence=vocabulary.licence,
        source=f"{vocabulary.origin}, {vocabulary.package.replace('==', ' ')}",
        special=tuple(sorted(vocabulary.special, key=vocabulary.special.__getitem__)),
        models=tuple(model for model, uses in MODELS.items() if uses == name),
    )


def _of_backend(name: str, backend: Backend) -> Entry:
    return Entry(name, backend.family, backend.summary, None, True, backend.licence, backend.source)
