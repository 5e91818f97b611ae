"""The vocabularies that ship are the official ones: ranks, patterns, special tokens."""

from __future__ import annotations

import hashlib

import pytest
import tiktoken

from tests.support.official import OPENAI, SHIPPED, everything, package_file
from tokscope.engines.ranks import MappedRanks
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.build import tiktoken_bytes

pytestmark = pytest.mark.usefixtures("official_files")


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_vocabulary_is_the_official_one(name: str) -> None:
    vocabulary = VOCABULARIES[name]
    ranks = dict(MappedRanks(vocabulary.path).items())
    assert hashlib.sha256(tiktoken_bytes(ranks)).hexdigest() == vocabulary.sha256
    highest = max([rank + vocabulary.offset for rank in ranks.values()] + list(everything(name).values()))
    assert highest + 1 == vocabulary.vocab_size


@pytest.mark.parametrize("name", ["r50k_base", "p50k_base", "cl100k_base", "o200k_base"])
def test_sha256_is_the_one_in_tiktokens_source(name: str) -> None:
    source = package_file("tiktoken_ext", "openai_public.py").read_text()
    assert VOCABULARIES[name].sha256 in source


@pytest.mark.parametrize("name", OPENAI)
def test_pattern_and_special_tokens_are_tiktokens(name: str) -> None:
    encoding = tiktoken.get_encoding(name)
    assert VOCABULARIES[name].pattern == encoding._pat_str
    assert VOCABULARIES[name].special == encoding._special_tokens
    assert VOCABULARIES[name].vocab_size == encoding.n_vocab
