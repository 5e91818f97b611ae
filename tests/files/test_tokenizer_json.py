"""What a tokenizer.json claims is checked before a library sees it."""

from __future__ import annotations

import json

import pytest

from tokscope.errors import BrokenTokenizer
from tokscope.files.tokenizer_json import checked

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
        checked(data, "tokenizer.json")
