"""What a BPE of the `tokenizers` library drops silently, because it has no token for it."""

from __future__ import annotations

import json
from functools import cached_property

import tokenizers

from tokscope.engines.hiding import UNSPELLABLE
from tokscope.engines.refusals import dump_stages, refusals
from tokscope.split import mended
from tokscope.text.encodings import NEVER_IN_UTF8
from tokscope.vocabularies.spelling import BYTE_ALPHABET


def copied(engine: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """Copy an engine, to change a stage of the copy while others encode with it.

    Example: copied(engine).encode("Hello").ids, those of `engine`
    """
    copy = tokenizers.Tokenizer.from_str(engine.to_str())
    copy.encode_special_tokens = engine.encode_special_tokens
    return copy


def may_drop(engine: tokenizers.Tokenizer) -> bool:
    """Tell whether a model drops what it cannot say: a BPE without a token for the unknown.

    Example: may_drop(tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0}, []))) -> True
    """
    model = engine.model
    if not isinstance(model, tokenizers.models.BPE) or model.unk_token is not None:
        return False
    known = model.token_to_id
    if model.byte_fallback and all(known(f"<0x{byte:02X}>") is not None for byte in range(256)):
        return False
    return _unsaid(engine) != b""


def _unsaid(engine: tokenizers.Tokenizer) -> bytes | None:
    """Give the bytes of texts that a byte-level model drops; None where a text's bytes do not tell.

    One that was trained on little else than prose has no token for some control characters, say, and its
    texts have hardly any.
    """
    model, known = engine.model, engine.model.token_to_id
    if "ByteLevel" not in (names := dump_stages(engine.normalizer, engine.pre_tokenizer)):
        return None
    continuation, word_end = model.continuing_subword_prefix or "", model.end_of_word_suffix or ""
    shapes = {("", ""), (continuation, ""), ("", word_end), (continuation, word_end)}
    unsaid = bytes(
        byte
        for char, byte in BYTE_ALPHABET.items()
        if any(known(f"{before}{char}{after}") is None for before, after in shapes)
    ).translate(None, NEVER_IN_UTF8)  # for which GPT-NeoX's vocabulary has no tokens
    # A stage may change what the text has, and ByteLevel may put a space in front.
    changed = engine.normalizer is not None or "Metaspace" in names or b" " in unsaid
    return None if unsaid and changed else unsaid


class Dropping:
    """Finds what an engine drops of texts; `lost` are the characters so far.

    Example: Dropping(engine, "hf:a.json").note("aé").tokens; then dropping.lost -> {"é"}

    `name` is what its errors call the tokenizer. note() and aligned() raise BrokenTokenizer.
    """

    def __init__(self, engine: tokenizers.Tokenizer, name: str) -> None:
        self.lost: set[str] = set()
        self._engine = engine
        self._name = name
        self._unsaid = _unsaid(engine)
        self._continuation: str = engine.model.continuing_subword_prefix or ""

    @cached_property
    def _symbols(self) -> tuple[tokenizers.Tokenizer, int]:
        """The same tokenizer without merges, and with a token for what it drops; and that token's id."""
        copy = copied(self._engine)
        model = json.loads(copy.model.__getstate__())
        unknown = max(copy.get_vocab().values(), default=-1) + 1
        word_end = model["end_of_word_suffix"]
        copy.model = tokenizers.models.BPE(
            {**model["vocab"], UNSPELLABLE: unknown},
            [],
            unk_token=UNSPELLABLE,
            fuse_unk=False,
            byte_fallback=model["byte_fallback"],
            **({"continuing_subword_prefix": self._continuation} if self._continuation else {}),
            **({"end_of_word_suffix": word_end} if word_end else {}),
        )
        return copy, unknown

    def concerns(self, text: str) -> bool:
        """Tell whether something may be dropped of a text, quickly.

        Example: Dropping(engine, "hf:a.json").concerns("plain") -> False, where it has tokens for all letters
        """
        return self._unsaid is None or not set(self._unsaid).isdisjoint(mended(text).encode())

    def note(self, text: str) -> tokenizers.Encoding:
        """Remember the characters that are dropped; give the text's symbols, one each.

        Example: Dropping(engine, "hf:a.json").note("aé").offsets -> [(0, 1), (1, 2)]
        """
        engine, unknown = self._symbols
        with refusals(self._name):
            symbols = engine.encode(text, add_special_tokens=False)
        if unknown in symbols.ids:
            for token_id, (start, end) in zip(symbols.ids, symbols.offsets, strict=True):
                if token_id == unknown:
                    self.lost.update(text[start:end])
        return symbols

    def aligned(self, text: str, encoding: tokenizers.Encoding) -> tuple[list[tuple[int, int]], int]:
        """Say where tokens are that are beside dropped text, and how many characters were dropped.

        Example: of "éa", of which the token "a" has the offsets (0, 1), it is [(1, 2)], 1

        `tokenizers` counts spans as if nothing had been dropped. Here each token takes the symbols that it is
        made of, in order; two may have been merged over a dropped one, which then lies within its span.
        """
        symbols = self.note(text)
        _, unknown = self._symbols
        found = iter(zip(symbols.tokens, symbols.ids, symbols.offsets, strict=True))
        spans: list[tuple[int, int]] = []
        for token in encoding.tokens:
            made, span = "", None
            while made != token or span is None:
                symbol, token_id, (start, end) = next(found, ("", unknown + 1, (0, 0)))
                if token_id > unknown:  # symbols are at an end: a stage that is not repeatable
                    return encoding.offsets, 0
                if token_id != unknown:
                    made += symbol.removeprefix(self._continuation) if span else symbol
                    span = (span[0] if span else start, end)
            spans.append(span)
        lost = {at for at, one in zip(symbols.offsets, symbols.ids, strict=True) if one == unknown}
        return spans, len(lost)
