"""From a spec to a tokenizer: files of any kind, and a file for every backend that wants one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.contract import tokenizer_of
from tests.support.files import FILES, spec_of
from tokscope import load
from tokscope.errors import BrokenTokenizer, TokscopeError
from tokscope.registry.backends import BACKENDS
from tokscope.tokenizer.spec import Spec

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
