"""`tekken:FILE` against mistral-common itself, and files that are none."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.support.contract import assert_contract
from tests.support.official import package_file
from tests.support.texts import HOSTILE
from tokscope import load
from tokscope.errors import BrokenTokenizer

PATTERN = r"(?i:the)|\p{L}+(?=\d)|\S+|\s+"
TOKENS = [*(bytes([byte]) for byte in range(256)), b"th", b"the", b"he", b"  ", "日".encode()]
NAMED = ["<unk>", "<s>", "</s>", "[INST]"]


def write(path: Path, **changes: object) -> Path:
    """Write a tekken.json of four named special tokens and six more."""
    vocab = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for rank, token in enumerate(TOKENS)
    ]
    config = {
        "pattern": PATTERN,
        "num_vocab_tokens": len(TOKENS),
        "default_vocab_size": len(TOKENS) + 9,  # one of the tokens is left out
        "default_num_special_tokens": 10,
        "version": "v7",
    }
    special = [{"rank": at, "token_str": name, "is_control": True} for at, name in enumerate(NAMED)]
    path.write_text(json.dumps({"config": config, "vocab": vocab, "special_tokens": special, **changes}))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("own", [True, False], ids=["by hand", "Mistral's"])
def test_ids_are_mistral_commons(own: bool, tmp_path: Path) -> None:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    path = (
        write(tmp_path / "tekken.json")
        if own
        else package_file("mistral_common", "data", "tekken_240911.json")
    )
    reference = Tekkenizer.from_file(path)
    for special in (False, True):
        tokenizer = load(str(path), special=special)
        for text in HOSTILE.values():
            split = assert_contract(tokenizer, text)
            if not special or not any(name in text for name in ("<s>", "</s>", "<unk>", "<pad>")):
                assert list(split.ids or ()) == reference.encode(text, bos=special, eos=False)
            if not special:
                assert b"".join(map(bytes, (token.data for token in split))) == text.encode()
    assert (tokenizer.vocab_size, tokenizer.name) == (reference.n_words, f"tekken:{path}")
    for token_id in (1, 9, 10, tokenizer.vocab_size - 1):
        assert tokenizer.decode([token_id]).decode(errors="replace") == reference.id_to_piece(token_id)


def test_a_foreign_pattern_allows_no_cut(tmp_path: Path) -> None:
    assert load(str(write(tmp_path / "tekken.json"))).cut is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vocab": [{"token_bytes": "AA=="}]}, "damaged one: KeyError"),
        ({"vocab": [{"token_bytes": "%%", "rank": 0}]}, "damaged one"),
        ({"vocab": []}, "ranks are missing"),
        ({"config": {}}, "KeyError"),
        (
            {"config": {"pattern": "(", "default_vocab_size": 271, "default_num_special_tokens": 10}},
            "pattern",
        ),
    ],
)
def test_what_is_no_tekken_json(changes: dict[str, object], says: str, tmp_path: Path) -> None:
    path = write(tmp_path / "tekken.json", **changes)
    with pytest.raises(BrokenTokenizer, match=says):
        load(f"tekken:{path}")
