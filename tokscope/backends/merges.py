"""`merges:FILE`: a vocab.json and the merges.txt beside it, as GPT-2 and RoBERTa had them.

The two do not say how text is cut before merging; as in transformers' GPT2Tokenizer that is GPT-2's pattern.
Ids are those of `tokenizers`.
"""

from __future__ import annotations

import json
from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from tokscope.backends.hf import hidden
from tokscope.engines.refusals import refusals
from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import read_json, read_text
from tokscope.files.tokenizer_json import model_flaws
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `merges:FILE`, either of the two.

    Example: load(Spec("merges", "gpt2/vocab.json")).count("Hello world") -> 2

    Raises BrokenTokenizer, which names the one that is missing.
    """
    given = Path(spec.argument)
    own, other = ("vocab", "merges") if given.suffix == ".json" else ("merges", "vocab")
    kinds = {"vocab": "vocab.json", "merges": "merges.txt"}
    stem = given.stem.replace(own, other) if own in given.stem else other
    files = {own: given, other: given.with_name(stem + Path(kinds[other]).suffix)}
    for kind, path in files.items():
        if not path.exists():
            raise BrokenTokenizer(
                f"{given}: this is a {kinds[own]}: its {kinds[kind]} is missing; "
                f"put it beside this file, as {path.name}"
            )
    vocabulary = read_json(files["vocab"], what="vocab.json")
    if not isinstance(vocabulary, dict) or not all(type(one) is int for one in vocabulary.values()):
        raise BrokenTokenizer(f"{files['vocab']}: not a vocab.json: it should map pieces to ids")
    _each_once(files["vocab"])
    lines = [
        line for line in read_text(files["merges"]).splitlines() if line and not line.startswith("#version")
    ]
    merges = [(left, right) for left, _, right in (line.partition(" ") for line in lines)]
    for claim in model_flaws({"vocab": vocabulary}):
        raise BrokenTokenizer(f"{files['vocab']}: damaged: {claim}")
    for claim in model_flaws({"vocab": vocabulary, "merges": merges}):  # which the library would not survive
        raise BrokenTokenizer(f"{files['merges']}: does not fit {files['vocab'].name}: {claim}")
    with refusals(f"{files['merges']}: does not fit {files['vocab'].name}"):
        engine = tokenizers.Tokenizer(models.BPE(vocabulary, merges))
    special = [piece for piece in vocabulary if piece.startswith("<|") and piece.endswith("|>")]
    engine.add_special_tokens([tokenizers.AddedToken(piece, normalized=False) for piece in special])
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.decoder = decoders.ByteLevel()
    return hidden(engine, str(spec), special=spec.special)


def _each_once(path: Path) -> None:
    """Raise BrokenTokenizer for a vocab.json with a piece, or an id, that occurs twice."""
    pieces: set[str] = set()
    ids: dict[int, str] = {}
    for piece, token_id in json.loads(read_text(path), object_pairs_hook=list):
        if piece in pieces:
            raise BrokenTokenizer(f"{path}: damaged: {piece[:40]!r} is in it twice")
        if ids.setdefault(token_id, piece) != piece:
            raise BrokenTokenizer(
                f"{path}: damaged: {ids[token_id][:40]!r} and {piece[:40]!r} have the same id, {token_id:,}"
            )
        pieces.add(piece)
