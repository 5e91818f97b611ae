"""Checks of a tokenizer.json before a library reads it: what the file is, and that what it claims can be.

`tokenizers` answers a claim that cannot be with a panic, or takes the process down with it: a prefix longer
than the piece that is to have it, a table of gigabytes, chunks of no characters.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import parse_json
from tokscope.split import inside

MODEL_TYPES = ("BPE", "Unigram", "WordLevel", "WordPiece")

MOST_IDS = 1 << 24
"""No id is as large; `tokenizers` counts from 0 to the largest where it writes a vocabulary down."""


MOST_PUT = 1000
"""How many characters a normalizer may put in one place; those in use put one."""


MOST_COPIES, MOST_AROUND = 8, 1 << 16
"""How often a template may have the text, and about how many tokens it may have besides."""


def read_checked(data: bytes, path: str | Path) -> Mapping[str, Any]:
    """Read a tokenizer.json, and check what it claims.

    Example: read_checked(b'{"model": {"type": "BPE", "vocab": {}, "merges": []}}', "t.json")["model"]["type"]
    -> "BPE"

    Raises BrokenTokenizer, which says what the file is instead, or which claim is wrong.
    """
    document = parse_json(data, path, what="tokenizer.json")
    if not isinstance(document, dict) or not isinstance(document.get("model"), dict):
        raise BrokenTokenizer(f"{path}: not a tokenizer.json{_instead(document)}")
    model = document["model"]
    if model.get("type", MODEL_TYPES[0]) not in MODEL_TYPES:
        raise BrokenTokenizer(f"{path}: its model is a {model['type']!r}, not {', '.join(MODEL_TYPES)}")
    for claim in (*model_flaws(model), *_of_stages(document), *_of_added(document.get("added_tokens"))):
        raise BrokenTokenizer(f"{path}: damaged: {claim}")
    return document


STAGES = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
TOP_LEVEL_KEYS = ("version", "truncation", "padding", "added_tokens", *STAGES, "model")
"""The keys of a tokenizer.json."""

REWORDED = (
    ("missing field `([^`]*)`", r"it lacks '\1'"),
    ("invalid type: (.*), expected .*", r"a value of it is of the wrong type: \1"),
    ("Oniguruma error: (.*)", r"a pattern in it is not a regular expression: \1"),
)
"""What `tokenizers` says of a part that it cannot read, as regular expressions, and the same as we say it."""


def part_at_fault(document: Mapping[str, Any], refused: Callable[[bytes], str | None]) -> str:
    """Say which part of a tokenizer.json a library does not read.

    Example: part_at_fault({"normalizer": {"type": "NFCC"}, "model": ...}, refused) -> "its normalizer, a
    'NFCC', has an unknown type, or a wrong value"

    `refused` tries to read a file, and gives what the library says of it, None where it is read.
    """
    for key in document.keys() - {*TOP_LEVEL_KEYS}:
        return f"it has the key {key[:40]!r}, and none but {', '.join(TOP_LEVEL_KEYS)} may be there"
    plain = {"model": {"type": "BPE", "vocab": {}, "merges": []}}
    for name in (one for one in TOP_LEVEL_KEYS if one in document):
        if (said := refused(json.dumps({**plain, name: document[name]}).encode())) is None:
            continue
        stages = _nested_stages(document[name]) if name in STAGES else ()
        alone = (one for one in stages if refused(json.dumps({**plain, name: one}).encode()))
        *_, part = document[name], *alone
        kind = f", a {part['type']!r}," if isinstance(part, dict) and "type" in part else ""
        why = next((re.sub(there, ours, said) for there, ours in REWORDED if re.fullmatch(there, said)), None)
        return f"its {name}{kind} " + (
            f"cannot be read: {why}" if why else "has an unknown type, or a wrong value"
        )
    return "its parts do not go together"


def _instead(document: object) -> str:
    """Say what a file of JSON is that is not a tokenizer.json, as far as it can be told."""
    if not isinstance(document, dict):
        return ", which is a JSON object"
    if document.get("tokscope") == "adapted":
        return ": it is adapted:FILE"
    if isinstance(document.get("vocab"), list) and "config" in document:
        return ": it is a tekken.json, for tekken:FILE"
    if "added_tokens_decoder" in document or "tokenizer_class" in document:
        return ": it is a tokenizer_config.json; give the tokenizer.json beside it"
    if document and all(type(value) is int for value in document.values()):
        return ": it is a vocab.json, half of a tokenizer; give the tokenizer.json of the same model"
    return ": it has no model"


def model_flaws(model: Mapping[str, Any]) -> Iterator[str]:
    """Give the claims of a model that are wrong.

    Example: list(model_flaws({"vocab": {"a": -1}})) -> ["the id of 'a' is not a number from 0 to 16,777,215"]
    """
    vocab, merges = model.get("vocab"), model.get("merges")
    if isinstance(vocab, dict):
        for token, token_id in vocab.items():
            if type(token_id) is not int or not 0 <= token_id < MOST_IDS:
                yield f"the id of {token[:40]!r} is not a number from 0 to {MOST_IDS - 1:,}"
    elif not isinstance(vocab, list):
        yield "its model has no vocabulary"
    elif type(unknown := model.get("unk_id")) is int and not 0 <= unknown < len(vocab):
        yield f"the id of its unknown token, {unknown}, is not among its {len(vocab):,} pieces"
    prefix = model.get("continuing_subword_prefix")
    if isinstance(merges, list) and isinstance(vocab, dict):
        yield from _of_merges(vocab, merges, prefix if isinstance(prefix, str) else "")


def _of_merges(vocab: Mapping[str, Any], merges: Sequence[Any], prefix: str) -> Iterator[str]:
    """Give the claims of merges that are wrong: what they join, and what that makes, has to be a piece."""
    size = len(prefix.encode(errors="replace"))
    for number, merge in enumerate(merges, 1):
        pair = merge.split(" ") if isinstance(merge, str) else merge
        if (
            not isinstance(pair, list | tuple)
            or len(pair) != 2
            or not all(isinstance(one, str) for one in pair)
        ):
            if not (isinstance(merge, str) and merge.startswith("#version")):
                yield f"merge {number:,} is not of two pieces"
            continue
        left, right = pair
        if size:
            data = right.encode(errors="replace")
            if len(data) < size or inside(data, size):
                yield f"merge {number:,} joins {right[:40]!r}, which is too short for the prefix {prefix!r}"
            right = data[size:].decode(errors="replace")
        lacking = next((one for one in (*pair, left + right) if one not in vocab), None)
        if lacking is not None:
            does = "joins" if lacking in pair else "makes"
            shown = " ".join(one[:40] for one in pair)
            yield f"merge {number:,}, {shown!r}, {does} {lacking[:80]!r}, which is not in the vocabulary"


def _of_stages(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the claims of normalizers, pre-tokenizers and the like that are wrong."""
    for name in STAGES:
        for stage in _nested_stages(document.get(name)):
            kind = stage.get("type")
            if kind == "Precompiled":
                yield from _of_charsmap(stage.get("precompiled_charsmap"))
            elif kind == "FixedLength" and stage.get("length", 1) == 0:
                yield "it cuts text into chunks of no characters"
            for put in (stage.get("prepend"), stage.get("content")):
                if isinstance(put, str) and len(put) > MOST_PUT:
                    yield f"it puts {len(put):,} characters into a text, and at most {MOST_PUT:,} make sense"
    yield from _of_templates(document.get("post_processor"))


def _of_templates(post_processor: object) -> Iterator[str]:
    """Give what is wrong with templates: how often they have the text, how many tokens they put in."""
    copies, tokens = 1, 0
    for stage in _nested_stages(post_processor):
        if stage.get("type") == "TemplateProcessing":
            parts = stage.get("single") or ()
            special = stage.get("special_tokens")
            copies *= max(1, sum(isinstance(part, dict) and "Sequence" in part for part in parts))
            tokens = copies * (tokens + len(parts) + len(str(special)) // 4)
    if copies > MOST_COPIES or tokens > MOST_AROUND:
        yield f"it makes {copies:,} copies of a text, or puts some {tokens:,} tokens around it"


def _nested_stages(stage: object) -> Iterator[Mapping[str, Any]]:
    """Give a stage, or those in a sequence of stages."""
    if isinstance(stage, dict):
        yield stage
        for inner in ("normalizers", "pretokenizers", "processors", "decoders"):
            within = stage.get(inner)
            for one in within if isinstance(within, list) else ():
                yield from _nested_stages(one)


def _of_charsmap(charsmap: object) -> Iterator[str]:
    """Give what is wrong with SentencePiece's table of normalisation, written in base64."""
    if charsmap is None:
        return
    try:
        table = base64.b64decode(str(charsmap), validate=True)
    except (ValueError, binascii.Error):
        yield "its table of normalisation is not base64"
        return
    yield from of_table(table)


def of_table(table: bytes) -> Iterator[str]:
    """Give what is wrong with a table of normalisation: the size of a trie, the trie, strings.

    Example: list(of_table(b"\\xff\\xff\\xff\\xff")) -> ["its table of normalisation claims ..."]
    """
    if not table:
        return
    size = int.from_bytes(table[:4], "little")
    if len(table) < 4 or size > len(table) - 4 or size % 4 or size < 4:
        yield f"its table of normalisation claims {size:,} bytes, and {max(len(table) - 4, 0):,} are there"


def _of_added(tokens: object) -> Iterator[str]:
    """Give the claims of added tokens that are wrong."""
    for token in tokens if isinstance(tokens, Sequence) else ():
        token_id = token.get("id") if isinstance(token, dict) else None
        if type(token_id) is not int or not 0 <= token_id < MOST_IDS:
            yield f"the id of an added token is not a number from 0 to {MOST_IDS - 1:,}"
