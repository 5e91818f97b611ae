"""`gguf:FILE`: the tokenizer inside a model of llama.cpp, Ollama or LM Studio.

A GGUF says which kind of tokenizer it has (`tokenizer.ggml.model`), its pieces, and for byte-level BPE by its
name how text is cut before merging (`tokenizer.ggml.pre`). The names and patterns are those of llama.cpp's
src/llama-vocab.cpp, build 0.3.36 of llama-cpp-python; what is not in it is an error that names it. Each kind
runs on the library that others of its kind run on: `gpt2`, `gemma4` and `bert` on tokenizers, `llama` and
`t5` on sentencepiece. `ollama:MODEL` finds the file that Ollama keeps of a model (see files/ollama.py).
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tokscope.errors import BrokenTokenizer, Unsupported
from tokscope.files.gguf import Gguf, Strings
from tokscope.tokenizer import Spec, Tokenizer
from tokscope.vocabularies import (
    LLAMA3_PATTERN,
    O200K_PATTERN,
    QWEN25_PATTERN,
    QWEN35_PATTERN,
    TEKKEN_PATTERN,
)

if TYPE_CHECKING:
    import tokenizers

NORMAL, UNKNOWN, CONTROL, WORD, UNUSED, BYTE = range(1, 7)
"""What kind of token one is, in `tokenizer.ggml.token_type`; the numbers are sentencepiece's too."""

_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_DIGIT = r"\p{N}"
_SENTENCE = r" ?[^(\s|.,!?…。，、।۔،)]+"
_DEEPSEEK = (
    r"\p{N}{1,3}",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"
    r" ?[\p{P}\p{S}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+",
)
_CJK = r"[一-龥ࠀ-一가-퟿]+"
_CASED = (  # letters that have a case, as of the Unicode that DeepSeek had; in no normal form
    "\\s?["
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370"
    "-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-"
    "\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-"
    "\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-"
    "\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4"
    "\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a"
    "-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-"
    "\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-"
    "\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-"
    "\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-"
    "\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943"
    "]+"
)

PATTERNS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *(
                "gpt-2",
                "phi-2",
                "jina-es",
                "jina-de",
                "gigachat",
                "jina-v2-es",
                "jina-v2-de",
                "a.x-4.0",
                "mellum",
            ),
            *("modern-bert", "jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "trillion"),
            *("granite-docling", "exaone4"),
        ),
        (_GPT2,),
    ),
    **dict.fromkeys(
        ("starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"),
        (_DIGIT, _GPT2),
    ),
    **dict.fromkeys(
        (
            *("llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"),
            *("jina-v5-nano", "dbrx", "smaug-bpe", "chatglm-bpe", "glm4", "glm5"),
        ),
        (LLAMA3_PATTERN,),
    ),
    **dict.fromkeys(
        (
            *(
                "qwen2",
                "deepseek-r1-qwen",
                "kormo",
                "f2llmv2",
                "megrez",
                "stablelm2",
                "hunyuan",
                "solar-open",
            ),
            *("grok-2",),
        ),
        (QWEN25_PATTERN,),
    ),
    "qwen35": (QWEN35_PATTERN,),
    **dict.fromkeys(("gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"), (O200K_PATTERN,)),
    "tekken": (TEKKEN_PATTERN,),
    **dict.fromkeys(("deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"), _DEEPSEEK),
    "deepseek-llm": (
        r"[\r\n]",
        _CASED,
        "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+",
        r"\s+$",
        _CJK,
        r"\p{N}+",
    ),
    "deepseek-coder": (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", _CJK, _DIGIT),
    "falcon": (r"[\p{P}\$\+<=>\^~\|`]+", _GPT2, r"[0-9][0-9][0-9]"),
    **dict.fromkeys(("poro-chat", "bloom", "gpt3-finnish"), (_SENTENCE,)),
    "viking": (_SENTENCE, _DIGIT),
    "minicpm5": (r"\p{N}{1,3}", LLAMA3_PATTERN.replace("{1,3}", "+")),
    "ufakzeka": (QWEN25_PATTERN.partition("|[^")[1][1:] + QWEN25_PATTERN.partition("|[^")[2],),
    "default": (r"[\p{P}\$\+<=>\^~\|]+", _GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"),
}
"""How text is cut before merging, by the name of the pre-type: each pattern cuts what the one before left."""

IGNORE_MERGES = frozenset(
    (
        *("llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"),
        *("jina-v5-nano", "minicpm5", "glm4", "glm5", "tekken"),
    )
)
"""The pre-types with which a piece that is a token is that token, whatever merges say."""

KINDS = ("gpt2", "llama", "t5", "bert", "gemma4")


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `gguf:FILE`.

    Example: load(Spec("gguf", "SmolLM2-135M-Instruct.Q4_1.gguf")).count("Hello world") -> 2

    Raises BrokenTokenizer, and Unsupported for a kind of tokenizer that is not known here.
    """
    return of_file(Gguf(spec.argument), str(spec), special=spec.special)


def of_file(model: Gguf, name: str, *, special: bool) -> Tokenizer:
    """Build the tokenizer of a GGUF that is open, under a name. Raises as load() does."""
    tokenizer = _of_kind(model, name, special=special)
    pad = model.number("tokenizer.ggml.padding_token_id")
    if 0 <= pad < len(model.strings("tokenizer.ggml.tokens")):
        tokenizer.pad_id = pad
    return tokenizer


def _of_kind(model: Gguf, name: str, *, special: bool) -> Tokenizer:
    """Build the tokenizer of a GGUF by its kind. Raises as load() does."""
    kind = model.text("tokenizer.ggml.model")
    if not kind or not len(model.strings("tokenizer.ggml.tokens")):
        raise BrokenTokenizer(
            f"{model.path}: has no tokenizer; name the model's own file, not a projector or adapter"
        )
    if kind not in KINDS:
        raise Unsupported(
            f"{model.path}: has a tokenizer of the kind {kind!r}, and known are {', '.join(KINDS)}; "
            "name the model's tokenizer.json"
        )
    if kind in ("llama", "t5"):
        return _sentencepiece(model, name, unigram=kind == "t5", special=special)
    engine = {"bert": _wordpiece, "gemma4": _gemma}.get(kind, _bpe)(model)
    from tokscope.backends.hf import hidden

    tokenizer = hidden(engine, name, special=special)
    if kind == "gpt2" and not model.text("tokenizer.ggml.pre"):
        tokenizer.exact = False
        tokenizer.note = "the file does not say how text is cut before merging; llama.cpp's default is taken"
    return tokenizer


PIECES = 1 << 19
"""The most pieces that are read; the largest vocabulary in use has 262,144."""


def _pieces(model: Gguf) -> dict[str, int]:
    """Read the pieces, in order, and their ids. Raises BrokenTokenizer for one that comes twice.

    One that is empty is in no text.
    """
    tokens = model.strings("tokenizer.ggml.tokens")
    if len(tokens) > PIECES:
        raise BrokenTokenizer(f"{model.path}: has {len(tokens):,} pieces; at most {PIECES:,} are read")
    pieces = _texts(tokens)
    if "" in (ids := dict(zip(pieces, range(len(pieces)), strict=True))):
        pieces = [piece or f"[EMPTY_{i}]" for i, piece in enumerate(pieces)]
        ids = dict(zip(pieces, range(len(pieces)), strict=True))
    if len(ids) != len(pieces):
        seen: dict[str, int] = {}
        for i, piece in enumerate(pieces):
            if seen.setdefault(piece, i) != i:
                raise BrokenTokenizer(f"{model.path}: pieces {seen[piece]} and {i} are both {piece!r}")
    return ids


def _texts(strings: Strings) -> list[str]:
    """Decode strings, with U+FFFD for what is no UTF-8."""
    try:
        return list(map(bytes.decode, strings))
    except UnicodeDecodeError:
        return [one.decode(errors="replace") for one in strings]


def _types(model: Gguf, count: int) -> Sequence[float]:
    types = model.numbers("tokenizer.ggml.token_type")
    if types and len(types) != count:
        raise BrokenTokenizer(f"{model.path}: has {count:,} pieces and {len(types):,} types of them")
    return types or [NORMAL] * count


def _engine(model: Gguf, found: tokenizers.models.Model, pieces: Collection[str]) -> tokenizers.Tokenizer:
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


def _merges(model: Gguf) -> list[Any]:
    """Read the pairs of pieces that are merged."""
    merges = _texts(model.strings("tokenizer.ggml.merges"))
    pairs = [tuple(merge.split(" ", 1)) for merge in merges]
    if "" in map(itemgetter(0), pairs) or 1 in map(len, pairs):  # a piece may begin with a space
        ends = [merge.find(" ", 1) for merge in merges]
        pairs = [(merge[:end], merge[end + 1 :]) for merge, end in zip(merges, ends, strict=True)]
    return pairs


def _bpe_model(model: Gguf, pieces: dict[str, int], **options: object) -> tokenizers.models.BPE:
    import tokenizers

    try:
        return tokenizers.models.BPE(pieces, _merges(model), **options)
    except Exception as error:  # tokenizers has no other
        raise BrokenTokenizer(f"{model.path}: its merges do not fit its pieces: {error}") from error


def _bpe(model: Gguf) -> tokenizers.Tokenizer:
    """Build byte-level BPE. Raises Unsupported for a pre-type that is not known here."""
    import tokenizers
    from tokenizers import decoders, pre_tokenizers

    pre = model.text("tokenizer.ggml.pre") or "default"
    if pre not in PATTERNS:
        raise Unsupported(
            f"{model.path}: cuts text as {pre!r} says, which is unknown here; name the model's tokenizer.json"
        )
    pieces = _pieces(model)
    engine = _engine(model, _bpe_model(model, pieces, ignore_merges=pre in IGNORE_MERGES), pieces)
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


def _gemma(model: Gguf) -> tokenizers.Tokenizer:
    """Build Gemma 4's BPE of characters, a space written `▁`."""
    from tokenizers import decoders, normalizers

    pieces = _pieces(model)
    unknown = model.number("tokenizer.ggml.unknown_token_id", 3)
    named = [*pieces][unknown] if 0 <= unknown < len(pieces) else None
    engine = _engine(
        model, _bpe_model(model, pieces, byte_fallback=True, fuse_unk=True, unk_token=named), pieces
    )
    engine.normalizer = normalizers.Replace(" ", "▁")
    engine.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return engine


def _wordpiece(model: Gguf) -> tokenizers.Tokenizer:
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
        for i, piece in enumerate(_pieces(model))
    ]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    unknown = model.number("tokenizer.ggml.unknown_token_id", 100)
    if not 0 <= unknown < len(pieces):
        raise BrokenTokenizer(f"{model.path}: its unknown_token_id, {unknown}, is no id of its own")
    engine = _engine(model, tokenizers.models.WordPiece(vocabulary, unk_token=pieces[unknown]), pieces)
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
    """Write the pieces of a GGUF as a SentencePiece .model (sentencepiece_model.proto).

    Example: model_proto(Gguf("llama-2.gguf"), unigram=False)[:1] -> b"\\n"
    """
    pieces = _pieces(model)
    types = _types(model, len(pieces))
    scores = model.numbers("tokenizer.ggml.scores") or [0.0] * len(pieces)
    if len(scores) != len(pieces):
        raise BrokenTokenizer(f"{model.path}: has {len(pieces):,} pieces and {len(scores):,} scores")
    unknown = model.number("tokenizer.ggml.unknown_token_id", 0)
    written = bytearray()
    for i, (piece, score, kind) in enumerate(zip(pieces, scores, types, strict=True)):
        text = piece.encode()
        kind = UNKNOWN if i == unknown else CONTROL if kind == UNKNOWN else kind  # there is only one
        entry = (
            b"\x0a"
            + _varint(len(text))
            + text
            + b"\x15"
            + struct.pack("<f", score)
            + b"\x18"
            + _varint(int(kind))
        )
        written += b"\x0a" + _varint(len(entry)) + entry
    before, after = _around(model)
    ids = {40: unknown, 41: before[0] if before else -1}
    ids |= {42: after[0] if after else -1, 43: -1}
    trainer = _field(3, 1 if unigram else 2) + _field(35, int(BYTE in types))
    trainer += b"".join(_field(number, i) for number, i in ids.items())
    charsmap = bytes(model.numbers("tokenizer.ggml.precompiled_charsmap")) if unigram else b""
    normalizer = b"\x0a\x08identity" + b"\x12" + _varint(len(charsmap)) + charsmap
    normalizer += _field(3, model.number("tokenizer.ggml.add_space_prefix", 1))
    normalizer += _field(4, model.number("tokenizer.ggml.remove_extra_whitespaces", 0)) + _field(5, 1)
    written += b"\x12" + _varint(len(trainer)) + trainer + b"\x1a" + _varint(len(normalizer)) + normalizer
    return bytes(written)


def _varint(number: int) -> bytes:
    """Write a number, seven bits a byte and the lowest first; a negative one takes ten."""
    number &= (1 << 64) - 1
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def _field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(int(value))
