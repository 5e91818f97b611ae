"""`sentencepiece:FILE` (`sp:FILE`): a SentencePiece .model, Unigram or BPE, and the shipped t5.

The source of the algorithm: Kudo and Richardson 2018 (arXiv:1808.06226); ids and spans are those of the
`sentencepiece` library, which runs it. Text is normalised as the model says (often NFKC, and one space for
many), a space is written `▁`, and mostly one is put in front.

A control symbol of the model ("</s>") is ordinary text to sentencepiece; a symbol that its maker defined as a
word is one. With `special`, `<s>` and `</s>` are put around the text as far as the model has them, which is
sentencepiece's add_bos and add_eos, and the text is cut at the control symbols that it spells: each stretch
between them is a text of its own.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sentencepiece

from tokscope.engines.memory import give_back
from tokscope.engines.sentencepiece import UNIGRAM, divide_bytes, is_whole, parted_at_spaces
from tokscope.errors import BrokenTokenizer
from tokscope.files.protobuf import fields
from tokscope.files.quiet import quiet
from tokscope.files.small_files import read_bytes
from tokscope.split import Split
from tokscope.text.cuts import SPACE_CUT, Stretches
from tokscope.tokenizer import Census, Entry, Framed, Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.spelling import BYTE_PIECE, unfinished

if TYPE_CHECKING:
    from tokscope.report.trace import Trace
    from tokscope.tracing.sentencepiece_model import SentencePieceModel


class SentencePiece(Tokenizer):
    """A SentencePiece model.

    Example: load("t5").encode("Hello 日本").ids -> [8774, 3, 2]
    """

    def __init__(
        self, processor: sentencepiece.SentencePieceProcessor, name: str, *, special: bool = False
    ) -> None:
        self.name = name
        self.vocab_size: int = processor.vocab_size()
        self._processor = processor
        self._falls_back = processor.is_byte(processor.piece_to_id("<0x00>"))
        self._unknown = processor.unk_id()
        self._unknown_label = self._piece(self._unknown).decode(errors="backslashreplace")
        self.unknown_id = None if self._falls_back else self._unknown
        self.pad_id = processor.pad_id() if processor.pad_id() >= 0 else None
        self._prefix = [processor.bos_id()] if special and processor.bos_id() >= 0 else []
        self._suffix = [processor.eos_id()] if special and processor.eos_id() >= 0 else []
        self._special = {
            self._piece(i).decode(errors="backslashreplace"): i
            for i in (range(self.vocab_size) if special else ())
            if processor.is_control(i) or processor.is_unknown(i)
        }
        longest_first = sorted(self._special, key=len, reverse=True)
        self._special_pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})")
        type_ = None if special else UNIGRAM if name in VOCABULARIES else parted_at_spaces(processor)
        # The best path through a Unigram lattice has the best sum of 32-bit floats, which lose digits as a
        # text goes on: 5 MB of prose and code were 1,561,914 of T5's tokens as one text, and one more cut
        # into words. So a text is given to sentencepiece whole as long as that goes, and then in stretches.
        self.stretches = Stretches(SPACE_CUT, STRETCH) if type_ == UNIGRAM else None
        self.cut = None if type_ in (None, UNIGRAM) else SPACE_CUT

    def encode(self, text: str) -> Split:
        """Cut `text` into tokens.

        Example: [token.data for token in load("t5").encode("Hello world")] -> [b"Hello", b" world"]
        """
        source = text.encode()
        ids = [*self._prefix]
        pieces = list(map(self._piece, ids))
        starts, ends = [0] * len(ids), [0] * len(ids)
        offset = 0
        for part in self._parts(text):
            data = part.encode()
            if part in self._special:
                found: dict[str, list[Any]] = {
                    "ids": [self._special[part]],
                    "pieces": [data],
                    "offsets": [(0, len(data))],
                }
            else:
                found = self._processor.encode(data, return_type="offset_mapping")
            ids += found["ids"]
            pieces += found["pieces"]
            starts += [offset + start for start, _ in found["offsets"]]
            ends += [offset + end for _, end in found["offsets"]]
            offset += len(data)
        if self._falls_back:
            divide_bytes(source, pieces, starts, ends)
        ids += self._suffix
        pieces += map(self._piece, self._suffix)
        starts += [offset] * len(self._suffix)
        ends += [offset] * len(self._suffix)
        labels = [
            self._unknown_label
            if token_id == self._unknown
            else None
            if piece == source[start:end]
            else piece.decode(errors="backslashreplace")
            for token_id, piece, start, end in zip(ids, pieces, starts, ends, strict=True)
        ]
        return Split(source, starts, ends, ids, labels)

    def count(self, text: str) -> int:
        """Count the tokens of `text`.

        Example: load("t5").count("Hello world") -> 2
        """
        around = len(self._prefix) + len(self._suffix)
        return around + sum(
            1 if part in self._special else len(self._ids(part)) for part in self._parts(text)
        )

    def _ids(self, part: str) -> list[int]:
        """Give the ids of a part, from its bytes: a str would keep them, beside its own four a character."""
        if len(part) >= STRETCH:
            give_back()  # 150 MB, before the next stretch takes as much again
        found: list[int] = self._processor.encode(part.encode())
        return found

    def census(self, texts: Sequence[str]) -> list[Census]:
        """Count the tokens of each of `texts`, and of them the unknown, and bytes of characters."""
        around = Census(len(self._prefix) + len(self._suffix))
        found = [around] * len(texts)
        for i, text in enumerate(texts):
            for part in self._parts(text):
                ids = [self._special[part]] if part in self._special else self._ids(part)
                unknown = ids.count(self.unknown_id) if self.unknown_id is not None else 0
                partial = sum(map(self._partial.__contains__, ids)) if self._partial else 0
                found[i] = found[i].plus(Census(len(ids), unknown, partial))
        return found

    @cached_property
    def _partial(self) -> Set[int]:
        """The ids of bytes that are not characters by themselves."""
        known = self._processor.piece_to_id
        return {known(f"<0x{byte:02X}>") for byte in range(0x80, 0x100)} if self._falls_back else set()

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the text of `ids`, as sentencepiece does; also bytes at the end that break off a character."""
        for token_id in ids:
            if not 0 <= token_id < self.vocab_size:
                raise self.no_such_id(ids, token_id)
        tail = unfinished(self._piece, ids) if self._falls_back else b""
        text: bytes = self._processor.decode(list(ids[: len(ids) - len(tail)]), out_type=bytes)
        return text + tail

    def frame(self, *, pair: bool = False) -> Sequence[Framed]:
        """Say what is put around a text; of a pair, around each, as T5 has it where texts have an end."""
        around = [[*map(Framed, self._prefix), Framed(None), *map(Framed, self._suffix)]]
        if pair and self._prefix:
            return super().frame(pair=pair)
        return [one._replace(text=text) for text in range(1 + pair) for one in around[0]]

    def vocabulary(self) -> Iterator[Entry]:
        """Give every piece; control symbols and the unknown piece are special."""
        processor = self._processor
        for token_id in range(self.vocab_size):
            piece = self._piece(token_id)
            special = processor.is_control(token_id) or processor.is_unknown(token_id)
            byte = (
                BYTE_PIECE.fullmatch(piece.decode(errors="replace")) if processor.is_byte(token_id) else None
            )
            if byte is not None:
                data = bytes.fromhex(byte[1])
            else:
                data = piece if special else piece.replace("▁".encode(), b" ")
            label = None if data == piece else piece.decode(errors="backslashreplace")
            yield Entry(token_id, data, label, special)

    def trace(self, text: str) -> Trace:
        """Say how `text` is normalised, and how the model cuts that."""
        from tokscope.report.trace import Step
        from tokscope.tracing.sentencepiece_model import ids_of
        from tokscope.tracing.steps import finished, normalization_step, special_found

        parts = self._parts(text)
        normal = [part if part in self._special else self._processor.normalize(part) for part in parts]
        texts = [new for part, new in zip(parts, normal, strict=True) if part not in self._special]
        step, cut = self._model.explain(texts)
        byte = (lambda byte: self._processor.piece_to_id(f"<0x{byte:02X}>")) if self._falls_back else None
        of_texts = iter(cut)
        ids = [*self._prefix]
        for part in parts:
            if part in self._special:
                ids.append(self._special[part])
            else:
                ids += ids_of(next(of_texts), self._unknown, byte)
        ids += self._suffix
        steps = [
            *([special_found([part for part in parts if part in self._special])] if self._special else []),
            normalization_step(text, "".join(normal), "as the model says, a space written ▁"),
            Step("pre-tokenization", "none: the text is one piece"),
            step,
        ]
        around = (len(self._prefix), len(self._suffix)) if self._special else None
        return finished(self, text, steps, ids, around)

    @cached_property
    def _model(self) -> SentencePieceModel:
        from tokscope.tracing.sentencepiece_model import SentencePieceModel

        try:
            return SentencePieceModel(self._processor.serialized_model_proto())
        except (ValueError, KeyError, struct.error) as error:
            raise BrokenTokenizer(
                f"{self.name}: a part of its .model is damaged, so it cannot be traced"
            ) from error

    def _parts(self, text: str) -> list[str]:
        """Cut `text` at the control symbols that it spells, which are parts of their own, or in stretches."""
        if self._special:
            return self._special_pattern.split(text)
        return [text] if self.stretches is None else list(self.stretches.parts(text))

    def _piece(self, token_id: int) -> bytes:
        try:
            return self._processor.id_to_piece(token_id).encode()
        except UnicodeDecodeError:  # a piece may be any bytes, and the library gives text
            return self._pieces[token_id]

    @cached_property
    def _pieces(self) -> list[bytes]:
        """The bytes of every piece, as the .model has them."""
        message = fields(self._processor.serialized_model_proto())
        return [dict(fields(value)).get(1, b"") for field, value in message if field == 1]


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `sentencepiece:FILE`, or of a shipped vocabulary by its name.

    Example: load(Spec("sentencepiece", "t5")).count("Hello world") -> 2

    Raises BrokenTokenizer.
    """
    vocabulary = VOCABULARIES.get(spec.argument)
    shipped = vocabulary if vocabulary and vocabulary.backend == "sentencepiece" else None
    path = shipped.path if shipped else Path(spec.argument)
    model = read_bytes(path)
    damaged = f"{path}: not a SentencePiece .model, or not a whole one"
    whole = bool(shipped) or is_whole(model, damaged)
    processor = sentencepiece.SentencePieceProcessor()
    name = spec.argument if shipped else f"sentencepiece:{spec.argument}"
    try:
        with quiet():
            processor.LoadFromSerializedProto(model)
            tokenizer = SentencePiece(processor, name, special=spec.special)
    except (RuntimeError, ValueError) as error:
        raise BrokenTokenizer(damaged) from error
    if not whole:
        tokenizer.exact = False
        tokenizer.note = "its file ends right after its pieces, as a truncated one would: compare its size"
    return tokenizer


STRETCH = 5_500_000
"""How many characters sentencepiece gets at once, for which it takes 150 MB."""
