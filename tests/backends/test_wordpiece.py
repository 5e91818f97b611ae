"""`wordpiece:` and the BERT vocabularies against BERT's own algorithm, written out from its description."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import tokenizers
from hypothesis import example, given, settings

from tests.support.contract import assert_contract, pieces, tokenizer_of
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.engines import wordpiece
from tokscope.errors import BrokenTokenizer, UsageError
from tokscope.vocabularies import VOCABULARIES

HAN = [
    *[(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F)],
    *[(0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)],
]


def is_punctuation(char: str) -> bool:
    return unicodedata.category(char).startswith("P") or char in "$+<=>^`|~"


def words(text: str, lower: bool) -> list[str]:
    spaced = ""
    for char in text:
        if char in "\t\n\r" or unicodedata.category(char) == "Zs":
            spaced += " "
        elif any(first <= ord(char) <= last for first, last in HAN):
            spaced += f" {char} "
        elif char not in "\0\ufffd" and unicodedata.category(char) not in ("Cc", "Cf"):
            spaced += char
    found = []
    for word in spaced.split():
        if lower:
            decomposed = unicodedata.normalize("NFD", word.lower())
            word = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
        found += "".join(f" {char} " if is_punctuation(char) else char for char in word).split()
    return found


def word_pieces(word: str, vocabulary: dict[str, int], longest: int) -> list[str]:
    if len(word) > longest:
        return ["[UNK]"]
    found: list[str] = []
    start = 0
    while start < len(word):
        ends = (
            end for end in range(len(word), start, -1) if "##" * (start > 0) + word[start:end] in vocabulary
        )
        end = next(ends, None)
        if end is None:
            return ["[UNK]"]
        found.append("##" * (start > 0) + word[start:end])
        start = end
    return found


def bert(text: str, vocabulary: dict[str, int], *, lower: bool = True, longest: int = 100) -> list[int]:
    """Give the ids of Google's FullTokenizer, whose `longest` is 200."""
    return [
        vocabulary[piece] for word in words(text, lower) for piece in word_pieces(word, vocabulary, longest)
    ]


def vocabulary_of(name: str) -> dict[str, int]:
    lines = VOCABULARIES[name].path.read_bytes().decode().split("\n")[:-1]
    return {line: i for i, line in enumerate(lines)}


SPECS = {
    spec: (vocabulary_of(spec.partition("?")[0]), "?" not in spec)
    for name in ("bert-base-uncased", "bert-base-chinese")
    for spec in (name, f"{name}?lower=false")
}


def settled(char: str) -> bool:
    """Whether `tokenizers`, with the categories of Unicode 8, sees `char` as Google's code does."""
    then, now = unicodedata.ucd_3_2_0.category(char), unicodedata.category(char)
    known = then == now or (then == "Cn" and now[0] in "LNS")
    return known and now not in ("Cn", "Co") and char != "Σ" and not 0x2B820 <= ord(char) <= 0x2B91F


@pytest.mark.parametrize("spec", SPECS)
def test_hostile_text_is_as_bert_has_it(spec: str) -> None:
    vocabulary, lower = SPECS[spec]
    for text in HOSTILE.values():
        assert tokenizer_of(spec).encode(text).ids == bert(text, vocabulary, lower=lower)


@pytest.mark.parametrize("spec", SPECS)
@settings(max_examples=40, deadline=None)
@given(text=texts)
def test_any_text_is_as_bert_has_it(spec: str, text: str) -> None:
    text = "".join(filter(settled, text))
    vocabulary, lower = SPECS[spec]
    assert tokenizer_of(spec).encode(text).ids == bert(text, vocabulary, lower=lower)


# Every way in which `tokenizers` departs from Google's code: the text, its tokens, and Google's.
@pytest.mark.parametrize(
    ("text", "ours", "theirs"),
    [
        ("a" * 101, ["[UNK]"], ["aaa", *["##aa"] * 49]),
        ("b\ue000ad", ["bad"], ["[UNK]"]),
        ("ΑΣ", ["α", "##σ"], ["α", "##ς"]),
        ("a\U0002b820b", ["[UNK]"], ["a", "[UNK]", "b"]),
        ("a\u2e43b", ["[UNK]"], ["a", "[UNK]", "b"]),  # a dash of Unicode 9
        ("ba\u08d4d", ["[UNK]"], ["bad"]),  # a mark of Unicode 9
    ],
    ids=["long word", "private use", "final sigma", "Han", "new punctuation", "new mark"],
)
def test_known_departures(text: str, ours: list[str], theirs: list[str]) -> None:
    vocabulary, _ = SPECS["bert-base-uncased"]
    assert tokenizer_of("bert-base-uncased").encode(text).ids == [vocabulary[piece] for piece in ours]
    assert bert(text, vocabulary, longest=200) == [vocabulary[piece] for piece in theirs]


# The cases of tokenization_test.py in google-research/bert, and of its README.
@pytest.mark.parametrize(
    ("tokens", "text", "option", "expected"),
    [
        ("want ##want ##ed wa un runn ##ing ,", "UNwant\u00e9d,running", "", "un ##want ##ed , runn ##ing"),
        ("ah \u535a \u63a8 zz", "ah\u535a\u63a8zz", "", "ah \u535a \u63a8 zz"),
        ("hello ! how are you ?", " \tHeLLo!how  \n Are yoU?  ", "", "hello ! how are you ?"),
        ("hello", "H\u00e9llo", "", "hello"),
        ("HeLLo ! how Are yoU ?", " \tHeLLo!how  \n Are yoU?  ", "?lower=false", "HeLLo ! how Are yoU ?"),
        ("want ##want ##ed un runn ##ing", "unwantedX running", "", "[UNK] runn ##ing"),
        ("john johan ##son ' s house", "John Johanson 's house", "", "john johan ##son ' s house"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_cases_of_bert(
    tokens: str, text: str, option: str, expected: str, newline: str, tmp_path: Path
) -> None:
    lines = ["[UNK]", "[CLS]", "[SEP]", *tokens.split()]
    path = tmp_path / "vocab.txt"
    path.write_bytes("".join(line + newline for line in lines).encode())
    tokenizer = load(f"wordpiece:{path}{option}")
    assert [lines[i] for i in tokenizer.encode(text).ids] == expected.split()
    assert tokenizer.name == f"wordpiece:{path}{option}"
    assert tokenizer.vocab_size == len(lines)
    assert tokenizer.unknown_id == 0


def test_spans_and_labels() -> None:
    split = load("bert-base-uncased", special=True).encode("Ünaffable  [MASK]q\u0301 ")
    assert [(token.data, token.label) for token in split] == [
        (b"", "[CLS]"),
        ("Üna".encode(), "una"),
        (b"ffa", "##ffa"),
        (b"ble", "##ble"),
        (b"[MASK]", None),
        (b"q\xcc\x81", "q"),
        (b"", "[SEP]"),
    ]


def test_names() -> None:
    assert load("wordpiece:bert-base-uncased").name == "bert-base-uncased"
    assert load("bert-base-chinese?lower=true").name == "bert-base-chinese"
    assert load("bert-base-chinese?lower=false").name == "bert-base-chinese?lower=false"


def test_a_vocabulary_of_ones_own(tmp_path: Path) -> None:
    """No [CLS] and [SEP], a line twice, a byte order mark, no newline at the end, and U+2028 as a token."""
    path = tmp_path / "vocab.txt"
    path.write_bytes("\ufeffz\n[UNK]\na\na\n\u2028\n##b".encode())
    plain, special = load(f"wordpiece:{path}"), load(f"wordpiece:{path}", special=True)
    assert plain.encode("z a ab c").ids == [0, 3, 3, 5, 1]
    assert special.encode("a[UNK]").ids == [3, 1]
    assert plain.encode("[UNK]").ids == [1, 1, 1]
    assert plain.vocab_size == 6
    assert plain.cut is not None


@settings(max_examples=40, deadline=None)
@given(text=texts)
@example(text="\n".join(HOSTILE.values()))
def test_contract_and_cuts(text: str) -> None:
    for tokenizer in (tokenizer_of("bert-base-uncased"), tokenizer_of("bert-base-chinese?lower=false")):
        split = assert_contract(tokenizer, text)
        parts = [tokenizer.encode(piece).ids for piece in pieces(tokenizer, text)]
        assert [token_id for part in parts for token_id in part] == split.ids


def test_special_tokens_forbid_cuts() -> None:
    assert load("bert-base-uncased", special=True).cut is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no line is [UNK]"),
        (b"hello\nworld\n", "no line is [UNK]"),
        (b"[UNK]\na\n\xe9t\xe9\n", "byte 8 is not UTF-8; convert it with iconv"),
        (None, "No such file or directory"),
    ],
)
def test_a_broken_file_is_one_line(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BrokenTokenizer) as refusal:
        load(f"wordpiece:{path}")
    assert str(refusal.value).startswith(f"{path}: ")
    assert str(refusal.value).endswith(message)


def test_lower_is_true_or_false() -> None:
    with pytest.raises(UsageError, match="lower is true or false"):
        load("bert-base-uncased?lower=no")


def each_as_a_token(chars: list[str], *, lower: bool) -> tokenizers.Tokenizer:
    """A vocabulary of characters and what they may become, to begin a word or within: ids tell all."""
    vocabulary = {"[UNK]": 0}
    whole = "".join(chars)
    small = whole.lower()
    for char in {*whole, *small, *unicodedata.normalize("NFD", whole), *unicodedata.normalize("NFD", small)}:
        vocabulary.setdefault(char, len(vocabulary))
        vocabulary.setdefault(f"##{char}", len(vocabulary))
    engine = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    engine.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lower)
    engine.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    return engine


CODE_POINTS = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]


@pytest.mark.slow
@pytest.mark.parametrize("lower", [True, False])
def test_every_settled_code_point_is_as_in_tokenizers(lower: bool) -> None:
    chars = list(filter(wordpiece.is_settled, map(chr, CODE_POINTS)))
    assert len(chars) > 200_000
    engine = each_as_a_token(chars, lower=lower)
    native = wordpiece.LinearWordPiece(engine.to_str())
    for context in ("{}", "a{}b", "{}{}", "a{}\u0301b", "A {}\u0316\u0301b"):
        each = [context.replace("{}", char) for char in chars]
        shown = ["\n".join(each[i : i + 50]) for i in range(0, len(each), 50)]
        expected = engine.encode_batch_fast(shown, add_special_tokens=False)
        for one, ids, reference in zip(shown, native.ids_all(shown), expected, strict=True):
            assert list(ids) == reference.ids, ascii(one)


@pytest.mark.parametrize("spec", SPECS)
def test_the_native_engine_is_as_tokenizers_on_hostile_text(spec: str) -> None:
    own = tokenizer_of(spec).engines()
    at_the_limit = [f"{char * size} b" for char in "aé字\u0301" for size in (99, 100, 101, 201)]
    hostile = [*HOSTILE.values(), *at_the_limit, "\n".join(HOSTILE.values())]
    assert own["splintr"](hostile) == own["tokenizers"](hostile)


@pytest.mark.parametrize("spec", SPECS)
@settings(max_examples=60, deadline=None)
@given(text=texts)
def test_the_native_engine_is_as_tokenizers(spec: str, text: str) -> None:
    tokenizer = tokenizer_of(spec)
    for part in tokenizer._linear.parted(text)[:1]:
        assert list(tokenizer._linear.ids_all([part])[0]) == tokenizer.encode(part).ids
    own = tokenizer.engines()
    assert own["splintr"]([text, text]) == own["tokenizers"]([text, text])


def test_longer_texts_are_counted_natively() -> None:
    tokenizer = load("bert-base-uncased")
    text = "Unaffable \U0001fae8 \u08d4 naïve. " * 3 + "\n"
    times = wordpiece.WORTH_STARTING // len(text) + 1
    assert tokenizer.count(text * times) == times * len(tokenizer.encode(text))
    (census,) = tokenizer.census([text * times])
    assert census.unknown == times * tokenizer.encode(text).ids.count(tokenizer.unknown_id)
    assert "_linear" in vars(tokenizer)
