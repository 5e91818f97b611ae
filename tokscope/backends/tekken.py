"""`tekken:FILE`: a tekken.json of Mistral's, with its ranks, its split pattern and its special tokens.

The source: mistral-common's tekken.py. Of the ranks those are used that fit default_vocab_size beside the
special tokens, whose ids come first; what the file does not name of these is <SPECIAL_n>. With `special`, <s>
is put before the text. The text is cut by tiktoken, on which mistral-common stands, whatever the pattern.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tokscope.backends.bpe.byte_level import BPE
from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import read_json
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.pad_token import pad_id

BOS = "<s>"


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of a tekken.json.

    Example: load(Spec("tekken", "./tekken.json")).name -> "tekken:./tekken.json"

    Raises BrokenTokenizer.
    """
    path = spec.argument
    document = read_json(path)
    try:
        config = document["config"]
        pattern, size = config["pattern"], config["default_vocab_size"]
        special = _special(document, config["default_num_special_tokens"])
        ranks = {
            base64.b64decode(token["token_bytes"], validate=True): token["rank"]
            for token in document["vocab"][: size - len(special)]
        }
        whole = set(ranks.values()) == set(range(size - len(special)))
        whole = whole and all(bytes([byte]) in ranks for byte in range(256)) and isinstance(pattern, str)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenTokenizer(f"{path}: not a tekken.json, or a damaged one: {error!r}") from error
    if not whole:
        raise BrokenTokenizer(f"{path}: a damaged tekken.json: ranks are missing, or the token of a byte")
    tokenizer = BPE(
        str(spec),
        ranks,
        pattern,
        size,
        added=special if spec.special else {},
        special=spec.special,
        prefix=(BOS,) if spec.special and BOS in special else (),
        offset=len(special),
        named=special,
    )
    tokenizer.pad_id = pad_id(special.get)
    tokenizer.count("a")  # tiktoken compiles the pattern: one that it cannot is known now
    return tokenizer


def _special(document: Mapping[str, Any], number: int) -> dict[str, int]:
    """Give the special tokens, by their names in the file or else those of Mistral's first tekken.json."""
    if document.get("special_tokens") is not None:
        named = {token["token_str"]: token["rank"] for token in document["special_tokens"]}
    else:
        named = {name: at for name, at in VOCABULARIES["tekken"].special.items() if at < 20}
    ranks = {at: name for name, at in named.items()}
    return {ranks.get(at, f"<SPECIAL_{at}>"): at for at in range(number)}
