"""What a tokenizer takes, and what it says of anything else."""

from __future__ import annotations

import pytest

from tests.support.contract import SWEPT, tokenizer_of
from tokscope import Split, Tokenizer, load
from tokscope.errors import Unsupported
from tokscope.registry.backends import BACKENDS
from tokscope.tokenizer import Kind


@pytest.mark.parametrize("spec", SWEPT)
def test_what_a_tokenizer_cannot_take_it_says(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    tokenizer.require(Kind.TEXT)
    for kind in set(Kind) - set(tokenizer.takes):
        with pytest.raises(Unsupported, match=f"takes text, not {kind.several}; "):
            tokenizer.require(kind)


def test_a_backend_says_what_its_tokenizers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    both = BACKENDS["char"]._replace(takes=(Kind.TEXT, Kind.MOLECULES))
    monkeypatch.setitem(BACKENDS, "char", both)
    char = load("char")
    char.require(Kind.MOLECULES)
    with pytest.raises(Unsupported, match="char takes text, molecules, not sound"):
        char.require(Kind.SOUND)


def test_a_plug_in_says_itself_what_it_takes() -> None:
    class Whole(Tokenizer):
        name = "whole"
        takes = (Kind.SOUND,)

        def encode(self, text: str) -> Split:
            return Split.of_lengths(text.encode(), [len(text.encode())])

        def count(self, text: str) -> int:
            return 1

    Whole().require(Kind.SOUND)
    with pytest.raises(Unsupported, match="whole takes sound, not text"):
        Whole().require(Kind.TEXT)
