"""`hf:`: a tokenizer.json, from a file, a folder or the Hugging Face Hub, through the `tokenizers` library.

`hf:./tokenizer.json` and `hf:./folder` are read where they lie; `hf:org/repo` and `hf:org/repo@revision` come
from the Hub by way of huggingface_hub's cache. What exists, what starts with `.`, `/` or `~` and what ends in
`.json` is a path, and a path never asks the network.

Ids are those of `tokenizers.Tokenizer.encode`, with what would lose or scatter text switched off: truncation,
padding, and sampling (BPE dropout, Unigram alpha). An added token that the file does not mark as special
(Qwen's `<think>`) is a word of the vocabulary, and counts as one with and without `special`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import tokenizers

from tokscope.engines.around import frame, ids_around
from tokscope.engines.cuttable import cut_of
from tokscope.engines.dropping import Dropping, copied, may_drop
from tokscope.engines.elsewhere import Elsewhere, patterns, swells
from tokscope.engines.hiding import added_special_tokens, hide_special
from tokscope.engines.refusals import dump_stages, refusals
from tokscope.engines.spans import Form, attach_marks, divide
from tokscope.errors import BrokenTokenizer
from tokscope.files.confined import Confined, Stopped
from tokscope.files.hub import FILE, tokenizer_file
from tokscope.files.small_files import read_bytes
from tokscope.files.tokenizer_json import part_at_fault, read_checked
from tokscope.split import Split, byte_offsets, mended
from tokscope.tokenizer import Census, Entry, Framed, Tokenizer, computed
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.pad_token import pad_id
from tokscope.vocabularies.spelling import BYTE_ALPHABET, BYTE_PIECE, Partial, unfinished

if TYPE_CHECKING:
    from tokscope.report.trace import Trace


_SAMPLE = "Hello, 'wörld' 12\n日本語\t👩‍👧 e\u0301 <s>\0"
"""What a tokenizer is tried on when its file is read: what breaks the library down does so at once."""


class HuggingFace(Tokenizer):
    """A tokenizer of the `tokenizers` library, its spans mended to the contract of tokscope.split.

    Example: load("hf:./tokenizer.json").encode("Hello world").ids

    `engine` is changed: it is this tokenizer's own from then on. encode and count raise BrokenTokenizer for a
    text that the vocabulary cannot say where it has no token for the unknown. A BPE without one drops what it
    cannot say: that is a gap of the Split, and in `lost`.
    """

    def __init__(
        self,
        engine: tokenizers.Tokenizer,
        name: str,
        *,
        special: bool = False,
        cut: re.Pattern[str] | None = None,
    ) -> None:
        self.name = name
        self._engine = engine
        padding = engine.padding
        self.pad_id = padding["pad_id"] if padding else pad_id(engine.token_to_id)
        engine.no_truncation()
        engine.no_padding()
        for sampling in ("dropout", "alpha", "nbest_size"):
            if getattr(engine.model, sampling, None) is not None:
                setattr(engine.model, sampling, None)
        self._template = ids_around(engine) if special else [None]
        self._framing = engine.post_processor, special
        # The post-processor of a byte-level tokenizer takes white space out of the spans; it has nothing else
        # to do once what it puts around a text is known.
        engine.post_processor = None
        engine.encode_special_tokens = not special
        self.cut = cut if self._template == [None] else None
        self._added = engine.get_added_tokens_decoder()
        self._byte_level = "ByteLevel" in dump_stages(engine.normalizer, engine.pre_tokenizer, engine.decoder)
        self.decodes_by_token = self._byte_level
        self._continuation: str = getattr(engine.model, "continuing_subword_prefix", None) or ""
        self._word_end: str = getattr(engine.model, "end_of_word_suffix", None) or ""
        self._form: Form = "NFKC" if re.search("NFK|Precompiled", dump_stages(engine.normalizer)) else "NFC"
        self._dropping: Dropping | None = None
        if may_drop(engine):
            self._dropping = Dropping(engine, name)
            self.lost = self._dropping.lost  # to which it adds

    @computed  # it takes 0.15 s
    def vocab_size(self) -> int:
        """The highest id plus one.

        Example: that of {"a": 0, "b": 7} is 8
        """
        return max(self._engine.get_vocab().values(), default=-1) + 1

    @computed  # it normalizes what may be much
    def exact(self) -> bool:
        """Whether its counts are the same from run to run.

        Example: not where two added tokens are one once normalised: which of them is found differs
        """
        found: dict[str, int] = {}
        normalizer = self._engine.normalizer
        for normalized in (False, True):
            tokens = {i: one.content for i, one in self._added.items() if one.normalized is normalized}
            written = [*tokens.values()]
            if normalized and normalizer is not None:
                with refusals(self.name):
                    elsewhere = getattr(self._engine, "normalized", None)
                    written = elsewhere(written) if elsewhere else [*map(normalizer.normalize_str, written)]
            for token_id, text in zip(tokens, written, strict=True):
                if text and found.setdefault(text, token_id) != token_id:
                    return False
        return True

    @computed
    def unknown_id(self) -> int | None:
        """The one token that the model has for a character which is in no vocabulary.

        Example: BERT's is that of [UNK]; a byte-level vocabulary has none
        """
        if self._byte_level:
            return None
        try:
            with refusals(self.name):
                tokens = self._engine.model.tokenize("\U0010fffe")
        except BrokenTokenizer:
            return None
        return tokens[0].id if len(tokens) == 1 else None  # four: its bytes

    def confine(self) -> None:
        """Encode in a child process from here on, within limits: it runs what somebody else wrote.

        Example: tokenizer = load("hf:tokenizer.json"); tokenizer.confine()
        """

        def fail(why: str) -> BrokenTokenizer:
            return BrokenTokenizer(f"{self.name}: one of its patterns or replacements {why}")

        self._engine = cast(tokenizers.Tokenizer, Elsewhere(self._engine, fail))

    def try_out(self) -> None:
        """Encode a sample; nobody needs to hear what is dropped of it. Raises BrokenTokenizer.

        Example: load("hf:tokenizer.json").try_out()
        """
        with refusals(self.name):
            self._engine.encode_batch_fast([_SAMPLE], add_special_tokens=False)

    def forget_lost(self) -> None:
        """Forget what was dropped so far: of a text of our own it is nobody's loss.

        Example: after tokenizer.count("a text to try it with")
        """
        if self._dropping:
            self._dropping.lost.clear()

    def encode(self, text: str) -> Split:
        """Cut `text` into tokens."""
        with refusals(self.name):
            encoding = self._engine.encode(text, add_special_tokens=False)
        source, bounds = text.encode(), byte_offsets(text)
        dropping = self._may_drop(text)
        spans, dropped = dropping.aligned(text, encoding) if dropping else (encoding.offsets, 0)
        starts = [bounds[start] for start, _ in spans]
        ends = [bounds[end] for _, end in spans]
        bare = {token_id: self._bare(token_id) for token_id in set(encoding.ids)}
        divide(source, [bare[token_id] for token_id in encoding.ids], starts, ends, lengths=self._byte_level)
        if self._engine.normalizer is not None:
            attach_marks(source, starts, ends, self._form)
        ids, starts, ends = self._filled(encoding.ids, starts, ends, len(source))
        written = {token_id: self._written(token_id) for token_id in set(ids)}
        labels = [
            None if written[token_id] == source[start:end] else self._label(token_id)
            for token_id, start, end in zip(ids, starts, ends, strict=True)
        ]
        return Split(source, starts, ends, ids, labels if any(labels) else None, dropped=dropped)

    def count(self, text: str) -> int:
        """Count the tokens of `text`."""
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each of `texts`, on all cores."""
        encodings = self._encodings(texts)
        for text in texts:
            if dropping := self._may_drop(text):
                dropping.note(text)
        copies = self._template.count(None)
        return [len(self._template) - copies + copies * len(one) for one in encodings]

    def ids_all(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Give the ids of each of `texts`, on all cores."""
        if isinstance(self._engine, Elsewhere) or any(map(self._may_drop, texts)):
            return super().ids_all(texts)
        return [self._filled(one.ids, one.ids, one.ids, 0)[0] for one in self._encodings(texts)]

    def _may_drop(self, text: str) -> Dropping | None:
        return self._dropping if self._dropping and self._dropping.concerns(text) else None

    def frame(self, *, pair: bool = False) -> Sequence[Framed]:
        """Say what the post-processor puts around a text or a pair."""
        processor, special = self._framing
        with refusals(self.name):
            return [Framed(*one) for one in frame(processor, pair=pair, special=special)]

    def census(self, texts: Sequence[str]) -> list[Census]:
        """Count the tokens of each of `texts`, and of them the unknown, and those that are not characters.

        One that drops what it cannot say has to look where.
        """
        if any(map(self._may_drop, texts)):
            return super().census(texts)
        return [self._census(one.ids) for one in self._encodings(texts)]

    def _encodings(self, texts: Sequence[str]) -> list[tokenizers.Encoding]:
        with refusals(self.name):
            try:
                return self._engine.encode_batch_fast(texts, add_special_tokens=False)
            except TypeError:  # a lone surrogate, which makes a str no text to it
                return self._engine.encode_batch_fast(list(map(mended, texts)), add_special_tokens=False)

    def _census(self, ids: Sequence[int]) -> Census:
        """Say what tokens are by their ids, and put them into the template."""
        copies = self._template.count(None)
        numbers = Counter(ids)
        partial = (
            sum(n for token_id, n in numbers.items() if self._partial[token_id]) if self._in_bytes else 0
        )
        unknown_id = self.unknown_id
        unknown = 0
        if unknown_id is not None:
            unknown = sum(one == unknown_id for one in self._template) + copies * numbers[unknown_id]
        return Census(len(self._template) - copies + copies * len(ids), unknown, copies * partial)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the bytes of `ids` if its tokens are bytes, otherwise the text that `tokenizers` makes."""
        for token_id in ids:
            if not 0 <= token_id < 1 << 32 or self._engine.id_to_token(token_id) is None:
                raise self.no_such_id(ids, token_id)
        if self.decodes_by_token:
            return b"".join(map(self._written, ids))
        tail = unfinished(lambda token_id: self._token(token_id).encode(), ids)
        with refusals(self.name):
            text = self._engine.decode(list(ids[: len(ids) - len(tail)]), skip_special_tokens=False)
        return text.encode() + tail

    def vocabulary(self) -> Iterator[Entry]:
        """Give every token of the model, and every added one."""
        special = {token.content for token in added_special_tokens(self._engine)}
        for token_id in sorted(set(self._engine.get_vocab().values())):
            token = self._token(token_id)
            written = token.encode()
            data = written if token_id in self._added else self._stands_for(token, self._spelled(token))
            yield Entry(token_id, data, None if data == written else token, token in special)

    def trace(self, text: str) -> Trace:
        """Explain the stages of the tokenizer.json, and its model by its type."""
        from tokscope.tracing.steps import finished
        from tokscope.tracing.tokenizer_json import explain_engine

        special = not self._engine.encode_special_tokens
        self.count(text)  # where its patterns are somebody else's, a child finds out if they come to an end
        with refusals(self.name), self._watching:
            steps, ids = explain_engine(self._watched, self._model, text, self._spelled, special=special)
        made, _, _ = self._filled(ids, [0] * len(ids), [0] * len(ids), 0)
        before = self._template.index(None) if None in self._template else 0
        around = (before, len(made) - before - len(ids)) if special else None
        return finished(self, text, steps, made, around)

    @cached_property
    def _in_bytes(self) -> bool:
        """Whether some of its tokens are parts of characters: byte-level ones, or single bytes."""
        return self._byte_level or self._engine.token_to_id("<0xE6>") is not None

    @cached_property
    def _partial(self) -> Partial:
        return Partial(self._bare)

    @cached_property
    def _model(self) -> Mapping[str, Any]:
        """The model as its tokenizer.json has it."""
        model: Mapping[str, Any] = json.loads(self._engine.model.__getstate__())
        return model

    @cached_property
    def _watching(self) -> Lock:
        return Lock()

    @cached_property
    def _watched(self) -> tokenizers.Tokenizer:
        """A copy to trace with: its pre-tokenizer is exchanged, which must not happen while others encode."""
        return copied(self._engine)

    def _filled(
        self, ids: Sequence[int], starts: Sequence[int], ends: Sequence[int], size: int
    ) -> tuple[list[int], list[int], list[int]]:
        """Put a text's tokens into the template; what comes after them, a second time too, has no width."""
        if self._template == [None]:
            return [*ids], [*starts], [*ends]
        filled: tuple[list[int], list[int], list[int]] = ([], [], [])
        at, there = 0, False
        for token_id in self._template:
            more = [token_id] if token_id is not None else ids
            place = [at] * len(more)
            first = token_id is None and not there
            for column, new in zip(
                filled, (more, *((starts, ends) if first else (place, place))), strict=True
            ):
                column += new
            if first:
                at, there = size, True
        return filled

    def _token(self, token_id: int) -> str:
        return self._engine.id_to_token(token_id) or ""

    def _written(self, token_id: int) -> bytes:
        """Give the text that a token's spelling in the vocabulary spells."""
        token = self._token(token_id)
        return token.encode() if token_id in self._added else self._spelled(token)

    def _spelled(self, token: str) -> bytes:
        if self._byte_level:
            with suppress(KeyError):
                return bytes([BYTE_ALPHABET[char] for char in token])
        return token.encode()

    def _label(self, token_id: int) -> str:
        try:
            return self._written(token_id).decode()
        except UnicodeDecodeError:  # a part of a character
            return self._token(token_id)

    def _bare(self, token_id: int) -> bytes:
        """Give the text that a token stands for, by its spelling."""
        return self._stands_for(self._token(token_id), self._written(token_id))

    def _stands_for(self, token: str, written: bytes) -> bytes:
        """Read ##, ▁ and <0xE6> in what a token's spelling spells."""
        if fallback := BYTE_PIECE.fullmatch(token):
            return bytes.fromhex(fallback[1])
        bare = written.removeprefix(self._continuation.encode()).removesuffix(self._word_end.encode())
        return bare if self._byte_level else bare.replace("▁".encode(), b" ")


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `hf:FILE`, `hf:FOLDER`, `hf:ORG/REPO` or `hf:ORG/REPO@REVISION`.

    Example: load(Spec("hf", "./tokenizer.json")).name -> "hf:./tokenizer.json"

    Raises BrokenTokenizer.
    """
    path = tokenizer_file(spec.argument)
    data = read_bytes(path)
    read = read_checked(data, path)
    *before, decoder = (read.get(name) for name in ("normalizer", "pre_tokenizer", "decoder"))
    swelling = swells(*before) or swells(decoder)
    if swelling or any(patterns(before[0])):  # the library normalizes added tokens as soon as it reads them
        _try_to_read(data, path)
    try:
        with refusals(str(path)):
            engine = tokenizers.Tokenizer.from_buffer(data.removeprefix(b"\xef\xbb\xbf"))
    except BrokenTokenizer as error:
        why = part_at_fault(read, _complaint_of_library)
        raise BrokenTokenizer(f"{path}: not a {FILE} that can be loaded: {why}") from error
    with refusals(f"{path}: not a {FILE} that can be loaded"):
        if not spec.special:
            hide_special(engine, read["model"])
        cut = cut_of(read, _cut_as_bpe(), special=spec.special)
        tokenizer = HuggingFace(engine, str(spec), special=spec.special, cut=cut)
        if swelling or set(patterns([*before, decoder])) - _known_patterns():
            tokenizer.confine()
        try:
            tokenizer.try_out()
        except BrokenTokenizer as error:
            if isinstance(error.__cause__, Stopped):
                raise
        tokenizer.forget_lost()
    return tokenizer


def _complaint_of_library(data: bytes) -> str | None:
    """Give what the library says of a tokenizer.json that it does not read."""
    try:
        with refusals("it"):
            tokenizers.Tokenizer.from_buffer(data)
    except BrokenTokenizer as error:
        return str(error).removeprefix("it: ")
    return None


def _try_to_read(data: bytes, path: Path) -> None:
    """Have a child read a tokenizer.json, within limits. Raises BrokenTokenizer where it is given up."""

    def read() -> None:
        with suppress(Exception):  # told of when it is read here
            tokenizers.Tokenizer.from_buffer(data.removeprefix(b"\xef\xbb\xbf"))

    try:
        Confined(read)()
    except Stopped as reason:
        raise BrokenTokenizer(f"{path}: reading it {reason}") from reason


def hidden(engine: tokenizers.Tokenizer, name: str, *, special: bool) -> HuggingFace:
    """Make a tokenizer of an engine that no tokenizer.json was read for, its special tokens hidden in text.

    Example: hidden(engine, "gguf:model.gguf", special=False).count("<s>") -> 3
    """
    if not special and not isinstance(engine.model, tokenizers.models.BPE):  # of which reading takes 0.2 s
        hide_special(engine, json.loads(engine.model.__getstate__()))
    return HuggingFace(engine, name, special=special)


def _known_patterns() -> set[str]:
    """Give the patterns that are known to end: those of the vocabularies that ship."""
    return {known.pattern for known in VOCABULARIES.values()}


def _cut_as_bpe() -> set[str]:
    """Give the patterns whose cuts backends/bpe/byte_level.py has the proof of."""
    shipped = (known for known in VOCABULARIES.values() if known.backend == "bpe")
    return {known.pattern for known in shipped if not known.characters}
