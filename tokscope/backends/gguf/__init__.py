"""`gguf:FILE`: the tokenizer inside a model of llama.cpp, Ollama or LM Studio.

A GGUF says which kind of tokenizer it has (`tokenizer.ggml.model`), its pieces, and for byte-level BPE by its
name how text is cut before merging (`tokenizer.ggml.pre`, see vocabularies/pre_types.py); a name that is not
known there is an error that says so. Each kind runs on the library that others of its kind run on: `gpt2`,
`gemma4` and `bert` on tokenizers, `llama` and `t5` on sentencepiece. `ollama:MODEL` finds the file that
Ollama keeps of a model (see files/ollama.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tokscope.errors import BrokenTokenizer, Unsupported
from tokscope.files.gguf import BYTE, CONTROL, NORMAL, UNKNOWN, WORD, Gguf, Strings
from tokscope.files.protobuf import sentencepiece_model
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies.pre_types import IGNORE_MERGES, PATTERNS
from tokscope.vocabularies.spelling import BYTE_ALPHABET

if TYPE_CHECKING:
    import tokenizers

TOKENIZER_MODELS = ("gpt2", "llama", "t5", "bert", "gemma4")


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `gguf:FILE`.

    Example: load(Spec("gguf", "SmolLM2-135M-Instruct.Q4_1.gguf")).count("Hello world") -> 2

    Raises BrokenTokenizer, and Unsupported for a kind of tokenizer that is not known here.
    """
    return from_gguf(Gguf(spec.argument), str(spec), special=spec.special)


def from_gguf(model: Gguf, name: str, *, special: bool) -> Tokenizer:
    """Build the tokenizer of a GGUF that is open, under a name.

    Example: from_gguf(Gguf("model.gguf"), "ollama:qwen3:8b", special=False).name -> "ollama:qwen3:8b"

    Raises as load() does.
    """
    tokenizer = _of_kind(model, name, special=special)
    pad = model.number("tokenizer.ggml.padding_token_id")
    if 0 <= pad < len(model.strings("tokenizer.ggml.tokens")):
        tokenizer.pad_id = pad
    if empty := model.strings("tokenizer.ggml.tokens").empty:
        said = (
            "1 piece is empty: no text has it"
            if empty == 1
            else f"{empty:,} pieces are empty: no text has one"
        )
        tokenizer.remarks = [f"{model.path}: {said}"]
    return tokenizer


def _of_kind(model: Gguf, name: str, *, special: bool) -> Tokenizer:
    """Build the tokenizer of a GGUF by its kind. Raises as load() does."""
    kind = model.text("tokenizer.ggml.model")
    if not kind or not len(model.strings("tokenizer.ggml.tokens")):
        raise BrokenTokenizer(
            f"{model.path}: has no tokenizer; name the model's own file, not a projector or adapter"
        )
    if kind not in TOKENIZER_MODELS:
        raise Unsupported(
            f"{model.path}: has a tokenizer of the kind {kind!r}, but only {', '.join(TOKENIZER_MODELS)} "
            "are known; name the model's tokenizer.json"
        )
    if kind in ("llama", "t5"):
        return _sentencepiece(model, name, unigram=kind == "t5", special=special)
    from tokscope.backends.hf import hidden

    build = {"bert": _build_wordpiece, "gemma4": _gemma}.get(kind, _build_bpe)
    tokenizer = None if special or kind == "bert" else _deferred(model, name, build)
    tokenizer = tokenizer or hidden(build(model), name, special=special)
    if kind == "gpt2" and not model.text("tokenizer.ggml.pre"):
        tokenizer.exact = False
        tokenizer.note = "the file does not say how text is cut before merging; llama.cpp's default is taken"
    return tokenizer


MAX_VOCAB_SIZE = 1 << 19
"""The most pieces that are read; the largest vocabulary in use has 262,144."""


def _piece_ids(model: Gguf) -> dict[str, int]:
    """Read the pieces, in order, and their ids. Raises BrokenTokenizer for one that comes twice.

    One that is empty is in no text.
    """
    tokens = model.strings("tokenizer.ggml.tokens")
    if len(tokens) > MAX_VOCAB_SIZE:
        raise BrokenTokenizer(
            f"{model.path}: has {len(tokens):,} pieces; at most {MAX_VOCAB_SIZE:,} are read"
        )
    pieces = _decode_strings(tokens)
    if "" in (ids := dict(zip(pieces, range(len(pieces)), strict=True))):
        pieces = [piece or f"[EMPTY_{i}]" for i, piece in enumerate(pieces)]
        ids = dict(zip(pieces, range(len(pieces)), strict=True))
    if len(ids) != len(pieces):
        seen: dict[str, int] = {}
        for i, piece in enumerate(pieces):
            if seen.setdefault(piece, i) != i:
                raise BrokenTokenizer(f"{model.path}: pieces {seen[piece]} and {i} are both {piece!r}")
    return ids


def _decode_strings(strings: Strings) -> list[str]:
    """Decode strings, with U+FFFD for what is not UTF-8."""
    try:
        return list(map(bytes.decode, strings))
    except UnicodeDecodeError:
        return [one.decode(errors="replace") for one in strings]


def _types(model: Gguf, count: int) -> Sequence[float]:
    types = model.numbers("tokenizer.ggml.token_type")
    if types and len(types) != count:
        raise BrokenTokenizer(f"{model.path}: has {count:,} pieces and {len(types):,} types of them")
    return types or [NORMAL] * count


def _build_engine(
    model: Gguf, found: tokenizers.models.Model, pieces: Collection[str]
) -> tokenizers.Tokenizer:
    """Give an engine over a model, with the tokens that are found whole, and those around a text."""
    import tokenizers

    engine = tokenizers.Tokenizer(found)
    types = _types(model, len(pieces))
    added = [
        tokenizers.AddedToken(piece, special=kind != WORD, normalized=False)
        for piece, kind in zip(pieces, types, strict=True)
        if kind in (CONTROL, WORD)
    ]
    engine.add_tokens(added)
    before, after = _around(model)
    if before or after:
        listed = [*pieces]
        named = {listed[i]: i for i in (*before, *after)}
        around = [*(listed[i] for i in before), "$A", *(listed[i] for i in after)]
        engine.post_processor = tokenizers.processors.TemplateProcessing(
            single=around, pair=[*around, "$B"], special_tokens=[*named.items()]
        )
    return engine


def _around(model: Gguf) -> tuple[list[int], list[int]]:
    """Give the ids of the tokens that the model wants before and after a text."""
    kind, pre = model.text("tokenizer.ggml.model"), model.text("tokenizer.ggml.pre")
    begins = kind in ("llama", "bert", "gemma4") or pre in (*IGNORE_MERGES, "chameleon")
    begins &= pre not in ("minicpm5", "glm4", "glm5")
    ends = kind in ("t5", "bert")
    first = "cls_token_id" if kind == "bert" else "bos_token_id"
    last = "seperator_token_id" if kind == "bert" else "eos_token_id"  # the key is spelled like this
    size = len(model.strings("tokenizer.ggml.tokens"))
    found = [
        [model.number(f"tokenizer.ggml.{token}")]
        if model.number(f"tokenizer.ggml.add_{short}_token", wanted)
        else []
        for token, short, wanted in ((first, "bos", begins), (last, "eos", ends))
    ]
    before, after = ([i for i in ids if 0 <= i < size] for ids in found)
    return before, after


def _merge_pairs(model: Gguf) -> list[Any]:
    """Read the pairs of pieces that are merged."""
    merges = _decode_strings(model.strings("tokenizer.ggml.merges"))
    pairs = [tuple(merge.split(" ", 1)) for merge in merges]
    if "" in map(itemgetter(0), pairs) or 1 in map(len, pairs):  # a piece may begin with a space
        ends = [merge.find(" ", 1) for merge in merges]
        pairs = [(merge[:end], merge[end + 1 :]) for merge, end in zip(merges, ends, strict=True)]
    return pairs


def _bpe_model(model: Gguf, pieces: dict[str, int], **options: object) -> tokenizers.models.BPE:
    import tokenizers

    from tokscope.engines.refusals import refusals
    from tokscope.files.tokenizer_json import model_flaws

    merges = _merge_pairs(model)
    try:
        with refusals(f"{model.path}: its merges do not fit its pieces"):
            return tokenizers.models.BPE(pieces, merges, **options)
    except BrokenTokenizer:  # which is asked for only now: there are some 200,000 merges
        for claim in model_flaws({"vocab": pieces, "merges": merges}):
            raise BrokenTokenizer(f"{model.path}: its merges do not fit its pieces: {claim}") from None
        raise


def _build_bpe(model: Gguf) -> tokenizers.Tokenizer:
    """Build byte-level BPE. Raises Unsupported for a pre-type that is not known here."""
    import tokenizers
    from tokenizers import decoders, pre_tokenizers

    pre = model.text("tokenizer.ggml.pre") or "default"
    if pre not in PATTERNS:
        raise Unsupported(
            f"{model.path}: cuts text as {pre!r} says, which tokscope does not know; "
            "name the model's tokenizer.json"
        )
    pieces = _piece_ids(model)
    engine = _build_engine(model, _bpe_model(model, pieces, ignore_merges=pre in IGNORE_MERGES), pieces)
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            *(pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated") for pattern in PATTERNS[pre]),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    engine.decoder = decoders.ByteLevel()
    if pre == "qwen2" and model.text("general.architecture").startswith("qwen"):
        from tokenizers import normalizers

        engine.normalizer = normalizers.NFC()
    return engine


def _deferred(model: Gguf, name: str, build: Callable[[Gguf], tokenizers.Tokenizer]) -> Tokenizer | None:
    """Give a tokenizer that builds its engine when it is needed; None where that would hide an error."""
    from tokscope.backends.gguf.deferred import Deferred
    from tokscope.engines.pair_merges import Pairs
    from tokscope.vocabularies.pad_token import pad_id

    tokens, pre = model.strings("tokenizer.ggml.tokens"), model.text("tokenizer.ggml.pre") or "default"
    byte_level = model.text("tokenizer.ggml.model") == "gpt2"
    pieces = dict(zip(tokens, range(len(tokens)), strict=True)) if len(tokens) <= MAX_VOCAB_SIZE else {}
    if len(pieces) < len(tokens) or b"" in pieces or (byte_level and pre not in PATTERNS):
        return None
    kinds = _types(model, len(tokens))
    pairs = Pairs(
        pieces,
        lambda: model.strings("tokenizer.ggml.merges"),
        PATTERNS[pre] if byte_level else (),
        {byte: char for char, byte in BYTE_ALPHABET.items()} if byte_level else {ord(" "): "▁"},
        added=[tokens[i].decode(errors="replace") for i, kind in enumerate(kinds) if kind == WORD],
        whole=byte_level and pre in IGNORE_MERGES,
    )
    return Deferred(
        name,
        pairs,
        lambda: build(model),
        byte_level=byte_level,
        pad_id=pad_id(lambda one: pieces.get(one.encode())),
    )


def _gemma(model: Gguf) -> tokenizers.Tokenizer:
    """Build Gemma 4's BPE of characters, a space written `▁`."""
    from tokenizers import decoders, normalizers

    pieces = _piece_ids(model)
    unknown = model.number("tokenizer.ggml.unknown_token_id", 3)
    named = [*pieces][unknown] if 0 <= unknown < len(pieces) else None
    engine = _build_engine(
        model, _bpe_model(model, pieces, byte_fallback=True, fuse_unk=True, unk_token=named), pieces
    )
    engine.normalizer = normalizers.Replace(" ", "▁")
    engine.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return engine


def _build_wordpiece(model: Gguf) -> tokenizers.Tokenizer:
    """Build BERT's WordPiece: a GGUF marks the pieces that begin a word, a vocab.txt the others."""
    import tokenizers
    from tokenizers import decoders, normalizers, pre_tokenizers

    types = _types(model, len(model.strings("tokenizer.ggml.tokens")))
    pieces = [
        piece.removeprefix("▁")
        if piece.startswith("▁")
        else piece
        if types[i] in (CONTROL, UNKNOWN) or (piece.startswith("[") and piece.endswith("]"))
        else f"##{piece}"
        for i, piece in enumerate(_piece_ids(model))
    ]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    unknown = model.number("tokenizer.ggml.unknown_token_id", 100)
    if not 0 <= unknown < len(pieces):
        raise BrokenTokenizer(f"{model.path}: its unknown_token_id, {unknown}, is not an id of its own")
    engine = _build_engine(model, tokenizers.models.WordPiece(vocabulary, unk_token=pieces[unknown]), pieces)
    engine.normalizer = normalizers.BertNormalizer(lowercase=True)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.decoder = decoders.WordPiece()
    return engine


def _sentencepiece(model: Gguf, name: str, *, unigram: bool, special: bool) -> Tokenizer:
    """Build a SentencePiece model: what a GGUF has of it, written as the .model that it was."""
    import sentencepiece

    from tokscope.backends.sentencepiece import SentencePiece

    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(model_proto(model, unigram=unigram))
        return SentencePiece(processor, name, special=special)
    except (RuntimeError, UnicodeDecodeError) as error:
        said = str(error).strip().partition("\n")[0]
        raise BrokenTokenizer(f"{model.path}: its pieces make no SentencePiece model: {said}") from error


def model_proto(model: Gguf, *, unigram: bool) -> bytes:
    """Write the pieces of a GGUF as a SentencePiece .model.

    Example: model_proto(Gguf("llama-2.gguf"), unigram=False)[:1] -> b"\\n"
    """
    pieces = _piece_ids(model)
    types = _types(model, len(pieces))
    scores = model.numbers("tokenizer.ggml.scores") or [0.0] * len(pieces)
    if len(scores) != len(pieces):
        raise BrokenTokenizer(f"{model.path}: has {len(pieces):,} pieces and {len(scores):,} scores")
    unknown = model.number("tokenizer.ggml.unknown_token_id", 0)
    kinds = [
        UNKNOWN if i == unknown else CONTROL if kind == UNKNOWN else int(kind)  # there is only one
        for i, kind in enumerate(types)
    ]
    before, after = _around(model)
    return sentencepiece_model(
        zip(pieces, scores, kinds, strict=True),
        ids=(unknown, before[0] if before else -1, after[0] if after else -1),
        unigram=unigram,
        byte_fallback=BYTE in types,
        charsmap=bytes(model.numbers("tokenizer.ggml.precompiled_charsmap")) if unigram else b"",
        space_in_front=bool(model.number("tokenizer.ggml.add_space_prefix", 1)),
        fewer_spaces=bool(model.number("tokenizer.ggml.remove_extra_whitespaces", 0)),
    )
