"""`gemma`: its ids against `tokenizers` on the same pieces, and against llama.cpp's published ones."""

from __future__ import annotations

import functools

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, normalizers

from tests.support.contract import assert_contract, pieces, tokenizer_of
from tests.support.padded import assert_pads_as_tokenizers
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.backends.bpe.gemma import Gemma
from tokscope.split import mended
from tokscope.vocabularies import VOCABULARIES

WORDS = VOCABULARIES["gemma"].words


@functools.cache
def gemma() -> Gemma:
    found = tokenizer_of("gemma")
    assert isinstance(found, Gemma)
    return found


@functools.cache
def engine() -> tokenizers.Tokenizer:
    """Give `tokenizers` over the pieces that ship: any two that make a third may merge, by its rank."""
    tokens = {
        entry.id: entry.label
        or (entry.data.decode() if entry.special else entry.data.decode().replace(" ", "▁"))
        for entry in gemma().vocabulary()
    }
    ranks = {data.decode(errors="replace").replace(" ", "▁"): rank for data, rank in gemma()._mapped.items()}
    vocabulary = {token: token_id for token_id, token in tokens.items()}
    merges = [
        (token[:cut], token[cut:])
        for token in sorted(vocabulary.keys() & ranks.keys(), key=ranks.__getitem__)
        for cut in range(1, len(token))
        if token[:cut] in ranks and token[cut:] in ranks
    ]
    found = tokenizers.Tokenizer(
        models.BPE(vocabulary, merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    )
    found.normalizer = normalizers.Replace(" ", "▁")
    return found


@pytest.mark.parametrize(
    ("text", "ids"),
    [  # from llama.cpp's models/ggml-vocab-gemma-4.gguf.out
        ("ied 4 ½ months", [1178, 236743, 236812, 47041, 3794]),
        ("Äpfel", [239122, 22744, 535]),
        ("", []),
        ("\t\n", [255968, 107]),
        (" this is 🦙.cpp", [672, 563, 236743, 478, 397, 404, 391, 236761, 12362]),
        ("កាន់តែពិសេសអាចខលចេញ", [234889, 63031, 219876, 66212, 239077, 237907, 144494]),
        ("Cửa Việt", [236780, 29719, 33154]),
    ],
)
def test_ids_that_llama_cpp_publishes(text: str, ids: list[int]) -> None:
    assert list(gemma().encode(text).ids or ()) == ids


CHARS = st.sampled_from(
    [*" \n\t▁<>/=\"'-_.,taeb1ไก冠状é😀", "\u0378", "\U0002ffff", "\u0301", "\ud800", "> </", "<td>"]
)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.lists(CHARS, max_size=25).map("".join) | texts)
def test_any_text_as_tokenizers_has_it(text: str) -> None:
    if not any(word in text for word in WORDS):
        ids = engine().encode(mended(text), add_special_tokens=False).ids
        assert list(gemma().encode(text).ids or ()) == ids
        assert gemma().count(text) == len(ids)


@pytest.mark.slow
def test_padding_is_tokenizers_own() -> None:
    assert_pads_as_tokenizers("gemma", engine(), "<bos>", "<pad>")


@functools.cache
def natively() -> Gemma:
    tokenizer = Gemma("gemma", VOCABULARIES["gemma"], special=False)
    tokenizer._engines.see(10**9)
    return tokenizer


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(CHARS, max_size=25).map("".join))
def test_native_engines_give_what_merges_give(text: str) -> None:
    text = mended(text)
    native = natively()
    assert native.encode(text) == assert_contract(gemma(), text)
    assert native.count(text) == len(native.encode(text))
    assert sum(gemma().count(piece) for piece in pieces(gemma(), text)) == gemma().count(text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_comes_back(text: str) -> None:
    split = assert_contract(gemma(), text)
    assert gemma().decode(split.ids or ()) == mended(text).replace("▁", " ").encode()


def test_a_characters_bytes_where_it_is_in_no_vocabulary() -> None:
    split = gemma().encode("a\u0378b")
    assert [token.data for token in split] == [b"a", b"\xcd", b"\xb8", b"b"]
    assert list(split.ids or ())[1:3] == [238 + 0xCD, 238 + 0xB8]


def test_the_vocabularys_own_space_is_a_space() -> None:
    split = gemma().encode("a▁the b")
    assert split.ids == gemma().encode("a the b").ids
    assert [token.data.decode() for token in split] == ["a", "▁the", " b"]


@pytest.mark.slow
def test_every_id_stands_for_something() -> None:
    entries = list(gemma().vocabulary())
    assert [entry.id for entry in entries] == list(range(262_144))
    assert {entry.data.decode() for entry in entries if entry.special} == {*VOCABULARIES["gemma"].special}


def test_its_own_special_tokens() -> None:
    split = load("gemma", special=True).encode("<|turn>user\nHi<turn|>")
    assert [token.label or token.data.decode() for token in split] == [
        *("<bos>", "<|turn>", "user", "\n", "Hi", "<turn|>")
    ]
    assert list(load("gemma").encode("<|tool_call>").ids or ()) == [48]  # a word everywhere
