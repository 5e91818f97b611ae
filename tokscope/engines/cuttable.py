r"""Where a text may be cut for a tokenizer.json, told by its parts; only proven ones are known here.

A cut is between a letter or digit of ASCII and white space of ASCII (WORD_CUT; SPACE_CUT: a space), or after
a newline that a letter follows (LINE_OR_WORD). Counts of pieces add up where every part does the same on
either side of it as in the whole:

- **Normalizers** that look at a character and at what it may be composed with: at a cut neither side begins
  with a mark, and white space composes with nothing. (Strip, Prepend, Replace and Precompiled are not known:
  they look at a text's ends, or at whatever their maker wrote.)
- **Pre-tokenizers**: BertPreTokenizer, Whitespace and WhitespaceSplit drop white space and cut there.
  ByteLevel's pattern and those of vocabularies that ship are proven in backends/bpe/byte_level.py. Metaspace
  writes a space as ▁ and cuts before each: after a letter or digit a piece " x" begins with that ▁ as it
  does alone, where none is put before it. What comes after the first stage sees only the words that it made;
  of these, Digits, Punctuation and ByteLevel look at one word at a time.
- **Models** see one word at a time, and merge, match or look up in it.
- **Added tokens** are found in the whole text. One without white space, which does not look at what stands
  beside it, is on one side of a cut. Where the text is normalised before, the token is too: one of ASCII gets
  no white space from that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Any

from tokscope.text.cuts import LINE_OR_WORD, SPACE_CUT, WORD_CUT
from tokscope.vocabularies.patterns import GPT2_PATTERN

Stage = Mapping[str, Any]

_NORMALIZERS = {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "BertNormalizer"}
_AT_WHITE_SPACE = {"BertPreTokenizer", "Whitespace", "WhitespaceSplit"}
_WORD_SPLITTERS = {*_AT_WHITE_SPACE, "Digits", "Punctuation"}


def cut_of(read: Stage, patterns: Set[str], *, special: bool) -> re.Pattern[str] | None:
    """Give the cut that the parts of a tokenizer.json allow, None where one of them is not known.

    Example: cut_of({"pre_tokenizer": {"type": "WhitespaceSplit"}, ...}, set(), special=False) -> LINE_OR_WORD

    `patterns` are split patterns that allow LINE_OR_WORD, or WORD_CUT where they are GPT-2's. `special` says
    that special tokens are looked for, too.
    """
    normalizers = _stages_in_order(read.get("normalizer"), "normalizers")
    if not all(str(one.get("type")) in _NORMALIZERS for one in normalizers):
        return None
    tokens = read.get("added_tokens") or []
    if not all(_is_plain(token) for token in tokens if special or not token.get("special")):
        return None
    first, *others = _stages_in_order(read.get("pre_tokenizer"), "pretokenizers") or [{}]
    if str(first.get("type")) in _AT_WHITE_SPACE:
        return LINE_OR_WORD if all(map(_is_of_words, others)) else None
    if first.get("type") == "ByteLevel" and first.get("use_regex", True):
        # A piece that begins with a space gets none in front; what one with a newline gets is not known.
        return None if others else SPACE_CUT if first.get("add_prefix_space", True) else WORD_CUT
    if first.get("type") == "Split":
        pattern = first.get("pattern", {}).get("Regex")
        whole = first.get("behavior") == "Isolated" and not first.get("invert")
        if pattern in patterns and whole and all(map(_is_of_words, others)):
            return WORD_CUT if pattern == GPT2_PATTERN else LINE_OR_WORD
    if first.get("type") == "Metaspace" and first.get("replacement") == "▁" and first.get("split", True):
        return SPACE_CUT if not others else None
    return None


def _stages_in_order(part: Stage | None, inner: str) -> list[Stage]:
    """Give the stages of a part in order, those of a Sequence too."""
    if part is None:
        return []
    if part.get("type") == "Sequence":
        return [one for stage in part.get(inner, []) for one in _stages_in_order(stage, inner)]
    return [part]


def _is_of_words(stage: Stage) -> bool:
    """Tell whether a stage after the first looks at one word at a time, whatever comes before it."""
    if stage.get("type") == "ByteLevel":
        return not stage.get("add_prefix_space", True) and not stage.get("use_regex", True)
    return str(stage.get("type")) in _WORD_SPLITTERS


def _is_plain(token: Stage) -> bool:
    """Tell whether an added token has no white space, and does not look at what is beside it."""
    content = token.get("content", "")
    beside = any(token.get(name) for name in ("single_word", "lstrip", "rstrip"))
    settled = content.isascii() or not token.get("normalized", True)
    return settled and not beside and not re.search(r"\s", content)
