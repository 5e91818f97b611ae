"""`tiktoken:FILE?pattern=NAME`: a .tiktoken file of ranks.

Such a file holds a token and its rank on each line, base64 and decimal, and does not say how text is cut
before merging, nor its special tokens. Files of OpenAI's, Whisper's, Qwen's and Llama's are known by their
sha256; for others the pattern has to be named, that of a vocabulary that ships (`?pattern=cl100k_base`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple

from tokscope.backends.bpe.byte_level import BPE
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.files.small_files import read_bytes
from tokscope.files.special_tokens import read_special_tokens
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.patterns import (
    GPT2_PATTERN,
    LLAMA3_PATTERN,
    O200K_PATTERN,
    QWEN25_PATTERN,
    QWEN35_PATTERN,
)
from tokscope.vocabularies.special import LLAMA3, LLAMA4, WHISPER


def read_ranks(path: str) -> dict[bytes, int]:
    """Read the ranks of a .tiktoken file.

    Example: the line "IQ== 0" gives {b"!": 0}

    "=" is the empty token, with which Whisper's file ends. Raises BrokenTokenizer where a line is not a token
    and rank, a rank or a token comes twice, or one of the 256 bytes is missing, without which some texts
    could not be encoded.
    """
    lines = read_bytes(path).splitlines()
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(lines, 1):
        try:
            token, written = line.split()
            rank = int(written)
            ranks[b"" if token == b"=" else base64.b64decode(token, validate=True)] = rank
        except (ValueError, binascii.Error) as error:
            if line:
                raise BrokenTokenizer(f"{path}: line {number} is not a base64 token and its rank") from error
        else:
            if not 0 <= rank < 1 << 32:
                raise BrokenTokenizer(f"{path}: line {number}: a rank is a number from 0 to 4,294,967,295")
    if len(set(ranks.values())) != len([line for line in lines if line]):
        raise BrokenTokenizer(f"{path}: a token or a rank comes twice")
    missing = next((byte for byte in range(256) if bytes([byte]) not in ranks), None)
    if missing is not None:
        raise BrokenTokenizer(f"{path}: has no token for the byte 0x{missing:02x}")
    return ranks


class Unsaid(NamedTuple):
    """What a file of ranks does not say: how text is cut, and the special tokens.

    Example: Unsaid(GPT2_PATTERN, 50257, {"<|endoftext|>": 50256})

    `size` counts special tokens too; `prefix` are those that `--special` puts before a text.
    """

    pattern: str
    size: int
    special: Mapping[str, int]
    prefix: tuple[str, ...] = ()


KNOWN_FILES = {
    "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55": (
        *(LLAMA3_PATTERN, 128000, LLAMA3),
        ("<|begin_of_text|>",),
    ),
    "d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed": (
        *(O200K_PATTERN, 200000, LLAMA4),
        ("<|begin_of_text|>",),
    ),
    "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126": (GPT2_PATTERN, 50257, WHISPER, ()),
}
"""Pattern, number of ranks, special tokens and those before a text, by sha256, of Llama 3's and 4's
tokenizer.model and of Whisper's multilingual.tiktoken; its gpt2.tiktoken is GPT-2's."""


def _known_vocabulary(path: str) -> Unsaid | None:
    """Find what is known of a file by its sha256."""
    from hashlib import sha256

    digest = sha256(read_bytes(path)).hexdigest()
    for one in VOCABULARIES.values():
        if one.sha256 == digest and one.pattern:
            return Unsaid(one.pattern, one.vocab_size, {**one.special, **one.words}, one.prefix)
    if digest not in KNOWN_FILES:
        return None
    pattern, first, special, prefix = KNOWN_FILES[digest]
    return Unsaid(
        pattern, first + len(special), {token: first + i for i, token in enumerate(special)}, prefix
    )


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of a .tiktoken file.

    Example: load(Spec("tiktoken", "my.tiktoken", {"pattern": "gpt2"})).count("Hi")
    """
    patterns = [name for name, known in VOCABULARIES.items() if known.pattern and not known.characters]
    ranks = read_ranks(spec.argument)
    found = _known_vocabulary(spec.argument)
    if spec.text("pattern") is None and found is None:
        raise UsageError(
            f"{spec}: a .tiktoken file does not say how text is split; "
            f"add ?pattern= and one of {', '.join(patterns)}"
        )
    if spec.text("pattern") is not None or found is None:
        pattern = VOCABULARIES[spec.choice("pattern", patterns, "")].pattern
        found = Unsaid(pattern, max(ranks.values()) + 1, {})
    given = spec.text("special")
    own = {} if given is None else read_special_tokens(given, set(ranks.values()))
    named = {**{token: one for token, one in found.special.items() if one not in own.values()}, **own}
    tokenizer = BPE(
        str(spec),
        ranks,
        found.pattern,
        max([found.size, *(one + 1 for one in own.values())]),
        added=named if spec.special else {},
        named=named,
        special=spec.special,
        prefix=found.prefix if spec.special else (),
        nfc=found.pattern in (QWEN25_PATTERN, QWEN35_PATTERN),
    )
    if spec.special and not named:
        tokenizer.remarks = [
            f"{spec}: no special tokens are known: --special finds none; --special-token NAME=ID adds one"
        ]
    return tokenizer
