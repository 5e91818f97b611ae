"""Where a model keeps its chat template: in a folder, in one of the files there, or in a GGUF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tokscope.errors import InputError
from tokscope.files.gguf import Gguf
from tokscope.files.parsing import json_of

CONFIG = "tokenizer_config.json"
LEGACY = "chat_template.json"
"""Where older processors have their template."""


def source_of(path: str, *, tools: bool = False) -> tuple[str, Mapping[str, object]]:
    """Read the source of a chat template, and the configuration beside it that names special tokens.

    Example: source_of("model") -> ("{% for message in messages %}...", {"eos_token": "</s>"})

    `path` is a model's folder, one of the files in it, or a GGUF. A folder, and a tokenizer_config.json,
    stand for the template that transformers 5 finds there: a chat_template.jinja, else the configuration's
    own, else a chat_template.json. Where there are several, `tools` asks for the one that is meant for
    tools. Raises InputError.
    """
    return _in_gguf(path) if _is_gguf(path) else _read_template(path, tools=tools)


def named_special_tokens(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Give the special tokens that have a name, a model's own included.

    Example: dict(named_special_tokens({"eos_token": {"content": "</s>"}})) -> {"eos_token": "</s>"}
    """
    more = config.get("extra_special_tokens")
    for key, token in [*config.items(), *(more.items() if isinstance(more, dict) else ())]:
        text = token.get("content") if isinstance(token, dict) else token
        if key.endswith("_token") and isinstance(text, str):
            yield key, text


def _is_gguf(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def _in_gguf(path: str) -> tuple[str, Mapping[str, object]]:
    """Read the template of a GGUF, and its special tokens by the names that a configuration has for them."""
    model = Gguf(path)
    source = model.text("tokenizer.chat_template")
    if not source:
        raise InputError(path, "this GGUF has no chat_template; name the model's own with --template")
    tokens = model.strings("tokenizer.ggml.tokens")
    named = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    ids = {name: model.number(f"tokenizer.ggml.{theirs}_token_id") for name, theirs in named.items()}
    found = {
        name: tokens[one].decode(errors="replace") for name, one in ids.items() if 0 <= one < len(tokens)
    }
    return source, {f"{name}_token": token for name, token in found.items()}


def _read_template(path: str, *, tools: bool) -> tuple[str, Mapping[str, object]]:
    """Read the source of a template, and the configuration that names special tokens."""
    given = Path(path)
    folder = given if given.is_dir() else given.parent
    try:
        config = _config(
            given if given.suffix == ".json" and given.name != LEGACY else folder / CONFIG, folder
        )
        if given.suffix != ".json" and not given.is_dir():
            return given.read_text("utf-8"), config
        if given.name != LEGACY:
            beside = _template_files(folder)
            if beside:
                return _choose_template(path, beside, tools=tools), config
            if config.get("chat_template") or not (folder / LEGACY).exists():
                return _choose_template(path, config.get("chat_template"), tools=tools), config
        return _choose_template(path, _read_object(folder / LEGACY).get("chat_template"), tools=tools), config
    except OSError as error:
        raise InputError(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise InputError(path, f"no model's configuration: {error}") from error


def _config(file: Path, folder: Path) -> Mapping[str, object]:
    """Read a tokenizer_config.json, and the older file of special tokens beside it, which may be missing."""
    config = _read_object(file) if file.exists() or file.parent != folder or file.name != CONFIG else {}
    older = folder / "special_tokens_map.json"
    if "added_tokens_decoder" in config or not older.exists():
        return config
    return {**config, **_read_object(older)}


def _template_files(folder: Path) -> list[Mapping[str, object]]:
    """Read the templates that are files of their own: chat_template.jinja, and others by their names."""
    files = {"default": folder / "chat_template.jinja"} if (folder / "chat_template.jinja").exists() else {}
    files |= {file.stem: file for file in sorted((folder / "additional_chat_templates").glob("*.jinja"))}
    return [{"name": name, "template": file.read_text("utf-8")} for name, file in files.items()]


def _read_object(file: Path) -> Mapping[str, object]:
    value = json_of(file.read_bytes())
    if not isinstance(value, dict):
        raise ValueError(f"{file.name} holds no JSON object")
    return value


def _choose_template(path: str, templates: object, *, tools: bool) -> str:
    """Choose among several templates: "tool_use" where tools are given, else "default"."""
    if isinstance(templates, str):
        return templates
    named = {
        entry["name"]: entry["template"]
        for entry in (templates if isinstance(templates, list) else [])
        if isinstance(entry, dict) and {"name", "template"} <= entry.keys()
    }
    chosen = (named.get("tool_use") if tools else None) or named.get("default")
    if not isinstance(chosen, str):
        raise InputError(path, "has no chat_template")
    return chosen
