"""`claude:`, where ctok is installed (Python 3.12): counts by the API, and that parts add up to the whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.texts import HOSTILE
from tokscope import load
from tokscope.backends import claude
from tokscope.errors import Unsupported
from tokscope.fitting.truncation import truncate
from tokscope.report.table import Estimate, bounds

pytest.importorskip("ctok", reason="needs Python 3.12 and the extra [claude]")

MODELS = ["claude-opus-4-5", "claude-opus-4-7", "claude-opus-5"]
PIECES = [
    *(
        "a",
        "Foo",
        "QQQQ",
        "É",
        "e\u0301",
        "\u0301",
        "日",
        "か",
        "'",
        "'s",
        " ",
        "  ",
        "\t",
        "\r",
        "\x01",
        "\0",
    ),
    *(
        "\ue000",
        "1",
        "½",
        "٣",
        "👍",
        "\u200d",
        "️",
        "«",
        "$",
        "ܑ",
        "\u0e4d\u0e32",
        "ẞ",
        "İ",
        "\u2028",
        "\ufdd0",
        ".",
    ),
]


@pytest.mark.parametrize("model", MODELS)
@given(lines=st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map("".join), min_size=2, max_size=8))
@settings(max_examples=150, deadline=None)
def test_parts_add_up(model: str, lines: list[str]) -> None:
    text = "\n".join(lines)
    tokenizer = load(model)
    assert isinstance(tokenizer, claude.Claude)
    assert tokenizer._adds_up
    before, claude.CHUNK_SIZE = claude.CHUNK_SIZE, 1
    try:
        parts = tokenizer._parts(text)
        assert sum(map(tokenizer._of, parts)) - 3 * (len(parts) - 1) == tokenizer._of(text)
    finally:
        claude.CHUNK_SIZE = before


def test_long_texts_are_counted_in_processes() -> None:
    text = "The quick brown fox.\nJumps, 1234 times,\n\n  over it\nfor 日本語\n" * 4000 + "\n\n"
    for model in MODELS[1:]:
        tokenizer = load(model)
        assert isinstance(tokenizer, claude.Claude)
        assert len(tokenizer._parts(text)) > 4
        found = tokenizer.count(text)
        assert found == tokenizer._of(text)
        assert bounds(found) == (tokenizer._of(text.rstrip()) if model == "claude-opus-5" else found, found)


def test_it_only_counts() -> None:
    tokenizer = load("claude-opus-5-5")
    with pytest.raises(Unsupported, match="-t o200k_base"):
        tokenizer.encode("a")
    assert not tokenizer.exact
    assert "equal to the API on" in tokenizer.note
    assert isinstance(tokenizer.count("hello"), Estimate)
    assert tokenizer.count("") == 0
    kept = truncate("The quick brown fox. " * 40, 50, tokenizer=tokenizer, boundary="word")
    assert 45 < tokenizer.count(kept) <= 50
    for text in HOSTILE.values():
        assert tokenizer.count(text) >= 0
