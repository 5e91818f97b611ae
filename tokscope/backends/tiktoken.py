"""`tiktoken:FILE?pattern=NAME`: a .tiktoken file of ranks.

Such a file holds a token and its rank on each line, base64 and decimal, and does not say how text is cut
before merging. Files of OpenAI's, Whisper's, Qwen's and Llama's are known by their sha256; for others the
pattern has to be named, that of a vocabulary that ships (`?pattern=cl100k_base`).
"""

from __future__ import annotations

import base64
import binascii

from tokscope.backends.bpe import BPE
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.files.reading import read_bytes
from tokscope.files.special_tokens import special_tokens
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


def read_ranks(path: str) -> dict[bytes, int]:
    """Read the ranks of a .tiktoken file.

    Example: the line "IQ== 0" gives {b"!": 0}

    "=" is the empty token, with which Whisper's file ends. Raises BrokenTokenizer where a line is no token
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


OTHERS = {
    "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55": (LLAMA3_PATTERN, 128256),
    "d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed": (O200K_PATTERN, 202048),
    "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126": (GPT2_PATTERN, 51865),
}
"""The pattern and the vocabulary's size by sha256, of Llama 3's and 4's tokenizer.model and of Whisper's
multilingual.tiktoken; its gpt2.tiktoken is GPT-2's."""


def _known(path: str) -> tuple[str, int] | None:
    """Give the split pattern and the size of a vocabulary whose file is known by its sha256."""
    from hashlib import sha256

    digest = sha256(read_bytes(path)).hexdigest()
    shipped = next((one for one in VOCABULARIES.values() if one.sha256 == digest and one.pattern), None)
    return (shipped.pattern, shipped.vocab_size) if shipped else OTHERS.get(digest)


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of a .tiktoken file.

    Example: load(Spec("tiktoken", "my.tiktoken", {"pattern": "gpt2"})).count("Hi")
    """
    patterns = [name for name, known in VOCABULARIES.items() if known.pattern and not known.characters]
    ranks = read_ranks(spec.argument)
    found = _known(spec.argument)
    if "pattern" not in spec.options and found is None:
        raise UsageError(
            f"{spec}: a .tiktoken file does not say how text is split; "
            f"add ?pattern= and one of {', '.join(patterns)}"
        )
    if "pattern" in spec.options or found is None:
        found = VOCABULARIES[spec.choice("pattern", patterns, "")].pattern, max(ranks.values()) + 1
    pattern, size = found
    taken = set(ranks.values())
    own = special_tokens(spec.options["special"], taken) if "special" in spec.options else {}
    return BPE(
        str(spec),
        ranks,
        pattern,
        max([size, *(one + 1 for one in own.values())]),
        added=own if spec.special else {},
        named=own,
        special=spec.special,
        nfc=pattern in (QWEN25_PATTERN, QWEN35_PATTERN),
    )
