"""A user's own special tokens, for a vocabulary whose file does not name them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection

from tokscope.errors import UsageError
from tokscope.files.small_files import read_json


def read_special_tokens(written: str, taken: Collection[int]) -> dict[str, int]:
    """Read special tokens and their ids: lines TOKEN=ID, or the name of a JSON file that maps them.

    Example: read_special_tokens("<|im_start|>=200100", range(200_000)) -> {"<|im_start|>": 200100}

    Raises UsageError for what is neither, for an id that is `taken` or comes twice, and BrokenTokenizer for
    any other file.
    """
    lines = written.split("\n")
    pairs = [found for line in lines if (found := re.fullmatch(r"(.+)=(\d{1,9})", line))]
    if len(pairs) == len(lines):
        tokens = {pair[1]: int(pair[2]) for pair in pairs}
    elif not os.path.exists(written) and not re.fullmatch(r"[^<>|=\n]+\.json", written):
        odd = next(line for line in lines if not re.fullmatch(r"(.+)=(\d{1,9})", line))
        raise UsageError(
            f"special token {odd[:80]!r}: write it as NAME=ID, with an id of up to 9 digits, like "
            "<|im_start|>=200100, or name a JSON file"
        )
    else:
        read = read_json(written)
        if not isinstance(read, dict) or not all(
            type(one) is int and 0 <= one < 1 << 31 for one in read.values()
        ):
            raise UsageError(f'{written}: should map special tokens to ids, like {{"<|im_start|>": 200100}}')
        tokens = {token: one for token, one in read.items() if token}
    ids = list(tokens.values())
    wrong = next((one for one in ids if one in taken or ids.count(one) > 1), None)
    if wrong is not None:
        raise UsageError(f"special token {wrong:,}: the id is another token's already")
    return tokens
