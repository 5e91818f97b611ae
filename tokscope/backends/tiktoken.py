"""`tiktoken:FILE?pattern=NAME`: a .tiktoken file of ranks.

Such a file holds a token and its rank on each line, base64 and decimal, and does not say how text is cut
before merging. The pattern has to be named: that of a vocabulary that ships (`?pattern=cl100k_base`).
"""

from __future__ import annotations

import base64
import binascii

from tokscope.backends.bpe import BPE
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.files.reading import read_bytes
from tokscope.tokenizer import Spec, Tokenizer
from tokscope.vocabularies import VOCABULARIES


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


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of a .tiktoken file.

    Example: load(Spec("tiktoken", "my.tiktoken", {"pattern": "gpt2"})).count("Hi")
    """
    patterns = [name for name, known in VOCABULARIES.items() if known.pattern and not known.characters]
    if "pattern" not in spec.options:
        raise UsageError(
            f"{spec}: a .tiktoken file does not say how text is split; "
            f"add ?pattern= and one of {', '.join(patterns)}"
        )
    known = VOCABULARIES[spec.choice("pattern", patterns, "")]
    ranks = read_ranks(spec.argument)
    return BPE(str(spec), ranks, known.pattern, max(ranks.values()) + 1, nfc=known.nfc)
