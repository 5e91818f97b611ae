"""From a spec to a tokenizer: what a new backend takes, which options a spec has, and files of any kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.contract import SPECS, tokenizer_of
from tests.support.files import FILES, spec_of
from tokscope import Split, Tokenizer, load
from tokscope.errors import BrokenTokenizer, TokscopeError, Unsupported, UsageError
from tokscope.registry.backends import BACKENDS
from tokscope.tokenizer import Kind
from tokscope.tokenizer.spec import Spec


@pytest.mark.parametrize("spec", SPECS)
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


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("concept?cap=many", "concept?cap=many: cap is a number from 0 to 1,000,000"),
        ("blt:static?k=0", "blt:static?k=0: k is a number from 1 to 1,000,000,000"),
        ("blt:static?k=12345678901", "blt:static?k=12345678901: k is a number from 1 to 1,000,000,000"),
        ("blt:entropy?theta=inf", "blt:entropy?theta=inf: theta is a number of nats"),
        ("bert-base-uncased?lower=1", "wordpiece:bert-base-uncased?lower=1: lower is true or false"),
        ("blt:space?k=4", "blt:space?k=4: unknown option 'k' (options of blt:space: max_patch, encoding)"),
        ("char?k=4", "char?k=4: unknown option 'k' (options of char: none)"),
    ],
)
def test_options_are_read_in_one_way(spec: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        load(spec)
    assert str(error.value) == says


def test_options_that_are_not_given_have_their_default() -> None:
    spec = Spec.parse("x?a=7&b=0.5&c=false")
    assert (spec.integer("a", 1), spec.integer("z", None), spec.number("b", 1.0, "")) == (7, None, 0.5)
    assert (spec.flag("c", True), spec.flag("z", True), spec.choice("z", ["u", "v"], "v")) == (
        False,
        True,
        "v",
    )


READERS = [
    "hf:{}",
    "sp:{}",
    "tiktoken:{}?pattern=gpt2",
    "wordpiece:{}",
    "adapted:{}",
    "terms:byte?dict={}",
    "jieba?dict={}",
    "neural:{}",
    "blt:entropy?model={}",
    "blt:entropy?entropies={}",
]


@pytest.mark.parametrize("spec", READERS)
@pytest.mark.parametrize("kind", ["gone", "pipe", "device", "folder", "huge", "NUL", "not UTF-8"])
def test_every_file_is_read_in_one_way(spec: str, kind: str, tmp_path: Path) -> None:
    """A pipe that nobody writes to would wait for ever, and a device never ends."""
    path = tmp_path / "file"
    says = {
        "gone": "No such file",
        "pipe": "nobody writes to",
        "device": "not a regular file",
        "huge": "larger than 1,073,741,824 bytes",
    }
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(2 << 30)
    elif kind == "NUL":
        path = tmp_path / "a\0b"
    elif kind == "not UTF-8":
        path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BrokenTokenizer) as error:
        load(spec.format(path))
    assert says.get(kind, "") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(":FILE")])
def test_the_kind_of_a_file_is_told_by_its_content(name: str) -> None:
    spec = Spec.parse(spec_of(name))
    bare = str(Spec(spec.argument, "", spec.options))
    if name == "neural:FILE":  # an archive, which has to be asked for
        with pytest.raises(TokscopeError):
            load(bare)
    else:
        assert load(bare).count("the word") == tokenizer_of(name).count("the word")


HELD_ELSEWHERE = {
    *("gguf", "merges", "ollama", "lmstudio"),  # test_gguf.py
    *("api", "server"),  # test_api.py
    *("claude", "llama"),  # installed packages: test_names.py
    *("estimate", "media"),  # which have counts, and no tokens
    "vq",  # test_vq.py: it takes no text
}


def test_the_contract_has_a_file_of_every_backend_that_wants_one() -> None:
    wanting = {name for name, backend in BACKENDS.items() if backend.variants is None}
    assert {Spec.parse(spec_of(name)).name for name in FILES} | {"bpe"} | HELD_ELSEWHERE >= wanting


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
