"""What a tokenizer.json claims is checked before a library sees it."""

from __future__ import annotations

import json

import pytest

from tokscope.errors import BrokenTokenizer
from tokscope.files.tokenizer_json import read_checked

MODEL = {"type": "BPE", "vocab": {"a": 0}, "merges": []}


@pytest.mark.parametrize(
    "normalizer",
    [
        {"type": "Prepend", "prepend": "x" * 10_000_000},
        {
            "type": "Sequence",
            "normalizers": [{"type": "Replace", "pattern": {"String": "a"}, "content": "b" * 1001}],
        },
    ],
    ids=["Prepend", "Replace"],
)
def test_a_normalizer_puts_in_no_more_than_makes_sense(normalizer: object) -> None:
    data = json.dumps({"model": MODEL, "normalizer": normalizer}).encode()
    with pytest.raises(BrokenTokenizer, match="characters into a text, and at most 1,000 make sense"):
        read_checked(data, "tokenizer.json")


@pytest.mark.parametrize(
    ("vocab", "merge", "more", "claim"),
    [
        ("ab", ["a", "b"], {}, "'a b', makes 'ab', which is"),
        ("ab", "a b", {}, "'a b', makes 'ab', which is"),
        ("a", ["a", "b"], {}, "'a b', joins 'b', which is"),
        (["a", "##b", "a##b"], ["a", "##b"], {"continuing_subword_prefix": "##"}, "'a ##b', makes 'ab'"),
    ],
)
def test_what_a_merge_makes_is_a_piece(vocab: str, merge: object, more: dict[str, str], claim: str) -> None:
    model = {"type": "BPE", "vocab": {piece: i for i, piece in enumerate(vocab)}, "merges": [merge], **more}
    with pytest.raises(BrokenTokenizer, match=f"damaged: merge 1, {claim}"):
        read_checked(json.dumps({"model": model}).encode(), "tokenizer.json")
