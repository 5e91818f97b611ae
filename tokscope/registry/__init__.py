"""From a spec string to a tokenizer.

A spec is resolved in this order: `backend:argument`, a bare backend, a shipped vocabulary or the name of a
model that uses one, an existing file by its content, an installed plug-in, the name of a model that another
vocabulary stands in for; else an error with close matches.
Nothing is imported before it is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from tokscope.errors import (
    BrokenTokenizer,
    MissingExtra,
    TokenizerError,
    UnknownTokenizer,
    Unsupported,
    UsageError,
    similar,
)
from tokscope.files.small_files import read_bytes
from tokscope.models.names import (
    MODELS,
    claude_version,
    lacking,
    llama_version,
    misspelt,
    own_name,
    stand_in,
    vocabulary_of,
)
from tokscope.registry.backends import BACKENDS, NAMING, SCHEMES
from tokscope.tokenizer import Kind, Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PLUGINS = "tokscope.backends"
"""The entry-point group of plug-ins: the name is the backend's, the object a function Spec -> Tokenizer."""

DEFAULT = "o200k_base"
"""The tokenizer that is used where none is named."""


def load(spec: str | Spec, *, special: bool = False) -> Tokenizer:
    """Load the tokenizer that a spec string names.

    Example: load("gpt-4o").name -> "o200k_base"

    With `special`, the special tokens that the tokenizer itself puts around a text are added, and text that
    spells a special token counts as that one token. Raises TokenizerError.
    """
    if isinstance(spec, str):
        spec = Spec.parse(spec, special=special)
    resolved, factory = resolve(spec)
    tokenizer = factory(resolved)
    if resolved.name in BACKENDS and "takes" not in vars(tokenizer):  # a plug-in says it itself
        tokenizer.takes = BACKENDS[resolved.name].takes
    if tokenizer.name in VOCABULARIES and spec.name not in BACKENDS and str(spec) != tokenizer.name:
        tokenizer.asked = str(spec)
    return tokenizer


def load_all(
    specs: Sequence[str], *, special: bool = False, tokens: str | None = None, **options: str | None
) -> list[Tokenizer]:
    """Load the tokenizers of comma-separated specs, giving each the options that its backend knows.

    Example: [t.name for t in load_all(["gpt-4o,char", "jieba"])] -> ["o200k_base", "char", "jieba"]

    `tokens` are special tokens of the user's own, for those that take some. "*" are all that take text and
    need neither a file nor an extra that is not installed. Raises TokenizerError, and UsageError for an
    option that none of them knows.
    """
    names = split_specs(specs)
    if EVERY in names:
        names = [*dict.fromkeys(one for name in names for one in (_every() if name == EVERY else [name]))]
    asked = [Spec.parse(name, special=special) for name in names]
    for option, value in [*options.items(), ("special", tokens)]:
        if value is None:
            continue
        knowing = [
            option in backend.options if (backend := BACKENDS.get(_backend(spec))) else False
            for spec in asked
        ]
        if not any(knowing):
            flag = "special-token" if option == "special" else option
            raise UsageError(
                f"--{flag} is for {' and '.join(_knowing(option))}; add -t {_knowing(option)[0]}"
            )
        asked = [
            spec._replace(options={**spec.options, option: value}) if knows else spec
            for spec, knows in zip(asked, knowing, strict=True)
        ]
    return [load(spec) for spec in asked]


EVERY = "*"
"""The name of all tokenizers that take text."""


def _every() -> Iterator[str]:
    """Name the tokenizers that "*" stands for, each once."""
    yield from VOCABULARIES
    for name, backend in BACKENDS.items():
        for variant in backend.variants or () if Kind.TEXT in backend.takes else ():
            with suppress(MissingExtra):
                spec = f"{name}:{variant}" if variant else name
                if load(spec).name == spec:
                    yield spec


def _backend(spec: Spec) -> str:
    """Name the backend of a spec as far as its name alone says it."""
    vocabulary = vocabulary_of(spec.name)
    if vocabulary is not None and spec.name not in BACKENDS:
        return VOCABULARIES[vocabulary].backend
    if spec.name not in BACKENDS and os.path.isfile(str(spec).partition("?")[0]):
        return _backend_of(str(spec).partition("?")[0])
    return SCHEMES.get(spec.name, spec.name)


def split_specs(specs: Sequence[str]) -> list[str]:
    """Take comma-separated specs apart. Raises UsageError where none is left.

    Example: split_specs(["gpt-4o, char", "jieba"]) -> ["gpt-4o", "char", "jieba"]
    """
    names = [name.strip() for spec in specs for name in spec.split(",") if name.strip()]
    if not names:
        raise UsageError("no tokenizer is named; tokscope list shows every name")
    return names


def model_in(spec: str) -> str:
    """Give the name of the model that a spec names, by which the rules for media know it.

    Example: model_in("gpt-4o") -> "gpt-4o"; model_in("media:vit-b/16") -> "vit-b/16"
    """
    scheme, _, model = spec.partition(":")
    return model if scheme in NAMING else spec


def _knowing(option: str) -> list[str]:
    return [name for name, backend in BACKENDS.items() if option in backend.options]


def resolve(spec: Spec) -> tuple[Spec, Callable[[Spec], Tokenizer]]:
    """Find who answers to `spec`: the spec by its canonical names, and the function that loads it.

    Example: resolve(Spec("gpt-4o"))[0] -> Spec("bpe", "o200k_base")

    Raises TokenizerError, and UsageError for an option that the tokenizer does not have.
    """
    name = SCHEMES.get(spec.name, spec.name)
    if name in BACKENDS and (spec.argument or name not in VOCABULARIES):  # tekken is both
        return _check_spec(spec._replace(name=name))
    asked = f"{spec.name}:{spec.argument}" if spec.argument else spec.name
    vocabulary = vocabulary_of(asked)
    if vocabulary is not None:
        return _check_spec(spec._replace(name=VOCABULARIES[vocabulary].backend, argument=vocabulary))
    if os.path.isdir(asked):
        path, remarks = _in_folder(asked)
        checked, factory = _check_spec(spec._replace(name=_backend_of(path), argument=path))
        return checked, lambda spec: _remarking(factory(spec), remarks)
    if os.path.exists(asked):
        return _check_spec(spec._replace(name=_backend_of(asked), argument=asked))
    for plugin in plugins():
        if plugin.name == spec.name:
            return spec, plugin.load()
    if (other := standing_in(asked)) is not None:
        return _check_spec(spec._replace(name=other[0], argument=other[1]))
    if _takes_media(asked):
        return _check_spec(spec._replace(name="media", argument=asked))
    raise _unknown(asked)


def _unknown(asked: str) -> TokenizerError:
    """Say what there is in place of a tokenizer that there is not."""
    from tokscope.models.meant import instead_of, meant_by, surely_meant

    if asked.endswith(_OF_FILES) or asked.startswith((".", "~", "/")):
        return BrokenTokenizer(f"{asked}: no such file")
    known = known_names()
    if not surely_meant(asked, known) and (reason := lacking(asked)) is not None:
        return Unsupported(reason)
    close = meant_by(asked, known)
    if asked.count("/") == 1 and own_name(asked) == asked.lower():
        close.insert(0, f"hf:{asked}")  # a repository has to be asked for by name: it means the network
    return UnknownTokenizer(asked, close, instead_of(asked, "tokscope list shows every name"))


_OF_FILES = ".json", ".model", ".gguf", ".tiktoken", ".txt", ".vocab", ".spm"


def _takes_media(model: str) -> bool:
    """Say whether the rules for pictures, sound, video or PDF know a model.

    Some makers' models nearly all take text: of these a name that no tokenizer answers to, and that fits only
    a pattern which models of text fit too, is misspelled.
    """
    from tokscope.media.joined import has_rule

    if misspelt(model) or not any(has_rule(model, kind) for kind in BACKENDS["media"].takes):
        return False
    if not model.lower().startswith(("claude-", "gemini-", "gpt-")):
        return True
    from fnmatch import filter as fitting

    from tokscope.media.rules import patterns_of
    from tokscope.models.limits import known_models

    known = [*MODELS, *known_models()]
    return any(not fitting(known, pattern) for pattern in patterns_of(model))


def _in_folder(folder: str) -> tuple[str, list[str]]:
    from functools import cache

    from tokscope.files.model_folder import tokenizer_in  # a start takes no time for it

    opened = cache(load)

    def words(path: str) -> Iterator[str]:
        with suppress(Unsupported):  # not every vocabulary can be listed
            for entry in opened(path).vocabulary():
                if not entry.special and (text := entry.text) and text.isalpha() and text.islower():
                    yield text

    return tokenizer_in(folder, lambda path, texts: opened(path).count_all(texts), words)


def _remarking(tokenizer: Tokenizer, remarks: Sequence[str]) -> Tokenizer:
    tokenizer.remarks = [*remarks, *tokenizer.remarks]
    return tokenizer


def standing_in(model: str) -> tuple[str, str] | None:
    """Say who counts a model whose vocabulary does not ship, backend and argument; None for no such model.

    Example: standing_in("gemini-2.5-pro") -> ("estimate", "gemini-2.5-pro")
    """
    from importlib.util import find_spec

    if find_spec("ctok") and claude_version(model):
        return "claude", model
    if find_spec("llama_models") and (version := llama_version(model)):
        return "llama", version
    return ("estimate", model) if stand_in(model) else None


def _check_spec(spec: Spec) -> tuple[Spec, Callable[[Spec], Tokenizer]]:
    """Hold a spec against what its backend allows, and import the backend."""
    backend = BACKENDS[spec.name]
    if backend.variants is None:
        if not spec.argument and not backend.ships:
            from tokscope.models.meant import MEANT  # a start takes no time for it

            if spec.name in MEANT:
                raise UnknownTokenizer(spec.name, MEANT[spec.name])
            shipped = [one for one in VOCABULARIES if VOCABULARIES[one].backend == spec.name]
            ready = f"; or -t {shipped[0]}" if shipped else ""
            raise UsageError(f"{spec.name!r} needs a name after a colon, like {backend.scheme}{ready}")
        if spec.argument.startswith("~/"):  # the shell expands it only at the start of a word
            spec = spec._replace(argument=os.path.expanduser(spec.argument))
    elif spec.argument not in backend.variants:
        known = [f"{spec.name}:{variant}" if variant else spec.name for variant in backend.variants]
        raise UnknownTokenizer(str(spec), similar(str(spec), known, 0.75), f"there are {', '.join(known)}")
    if spec.name != "media":  # whose options are the parameters of its rule
        spec.only(backend.options, spec.name)
    module, _, function = backend.load.partition(":")
    return spec, getattr(import_module(module), function)


def _backend_of(path: str) -> str:
    """Tell by its content which backend reads the file at `path`."""
    head = read_bytes(path, 4096)
    if head.startswith(b"GGUF"):
        return "gguf"
    if head.startswith(b'{"tokscope": "adapted"'):
        return "adapted"
    if head.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"{"):
        if (
            re.match(rb'[\s\xef\xbb\xbf]*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\d', head)
            and b'"version"' not in head[:40]
        ):
            return "merges"  # a vocab.json maps pieces to ids
        return "tekken" if b'"token_bytes"' in head and b'"added_tokens"' not in head else "hf"
    if head.startswith(b"#version"):
        return "merges"
    if b"\x00" not in head and (source := re.search(rb"(?im)^[ \t]*from[ \t]+(\S+)[ \t\r]*$", head)):
        model = source[1].decode(errors="replace")
        named = model if model.startswith((".", "/", "~")) else f"ollama:{model}"
        raise BrokenTokenizer(f"{path}: this is a Modelfile: name what it is from, -t {named}")
    lines = head.split(b"\n")
    if len(lines[0].split(b" ")) == 2 and lines[0].split(b" ")[1].strip().isdigit():
        return "tiktoken"
    if b"\x00" not in head and any(line.strip() in (b"[UNK]", b"[PAD]") for line in lines):
        return "wordpiece"
    if head.startswith(b"\n"):  # field 1 of a protobuf message: the pieces
        return "sentencepiece"
    if (head[8:9] == b"{" and head[4:8] == b"\0" * 4) or head.startswith(b"PK\3\4"):
        raise BrokenTokenizer(f"{path}: holds a model's weights; name the tokenizer.json of the same folder")
    raise BrokenTokenizer(
        f"{path}: not a tokenizer.json, a SentencePiece .model, a .tiktoken or a vocab.txt; "
        "say which with hf:, sp:, tiktoken: or wordpiece:"
    )


def plugins() -> Iterable[EntryPoint]:
    """Find the installed plug-ins.

    Example: [plugin.name for plugin in plugins()] -> ["my-tokenizer"]
    """
    from importlib.metadata import entry_points  # costs 0.01 s: only when nothing else answers to a name

    return entry_points(group=PLUGINS)


def known_names() -> list[str]:
    """Name everything that a spec may be without a colon.

    Example: "gpt-4o" in known_names() -> True
    """
    from tokscope.models.limits import known_models
    from tokscope.models.meant import MEANT

    return [
        *(one for one in BACKENDS if one not in MEANT),
        *VOCABULARIES,
        *dict.fromkeys((*MODELS, *known_models())),
        *(one.name for one in plugins()),
    ]
