"""Adapted vocabularies: what `tokscope adapt` promises, as properties, and against tiktoken."""

from __future__ import annotations

import contextlib
import functools
import json
import signal
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zlib import crc32

import pytest
import tiktoken
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support import ROOT
from tests.support.contract import assert_contract, assert_contract_on_hostile, pieces, tokenizer_of
from tests.support.shell import tokscope, until_read
from tests.support.texts import in_blocks, texts
from tokscope import load
from tokscope.backends.adapted import Adaptation, Adapted, NewToken
from tokscope.batches import Pieces
from tokscope.engines.ranks import MappedRanks, Pattern
from tokscope.errors import BrokenTokenizer
from tokscope.inputs import Decoding, Document
from tokscope.learning.adaptation import HOLD_OUT_EVERY, PARAGRAPH, grow, new_terms
from tokscope.vocabularies import VOCABULARIES

NOTES, TERMS = ROOT / "samples/medical/notes.txt", ROOT / "samples/medical/terms.txt"
BASES = ["o200k_base", "gpt2", "qwen2.5", "tekken", "deepseek"]
WORDS = [
    "冠状动脉",
    "冠状动脉搭桥术",
    "art",
    " art",
    "bypass graft",
    "Å",
    "β-blocker",
    "नमस्ते",
    "日",
    "1.5 mg",
    "👨‍👩‍👧",
]
MERGES = [" the word", "字字", "字字字字", "本語", "WORDs", " \n", "aa", "ingthe", "!?!"]


def adapted(base: str) -> Adapted:
    """A vocabulary with terms and merges by hand; it need not be one that is worth having."""
    known = VOCABULARIES[base]
    ranks = MappedRanks(known.path)
    terms = [unicodedata.normalize("NFC", word) if known.nfc else word for word in WORDS]
    merges = [merge.encode() for merge in MERGES if ranks.get(merge.encode()) is None]
    tokens = [
        *(NewToken(term.encode(), True) for term in terms),
        *(NewToken(merge, False) for merge in merges),
    ]
    return Adaptation(base, tuple(tokens)).tokenizer("adapted")


TOKENIZERS = {base: adapted(base) for base in BASES}

mixed = st.lists(
    st.one_of(texts, st.sampled_from([*WORDS, *MERGES, " ", "\n", "heart", "arts"])), max_size=8
).map("".join)


@pytest.mark.parametrize("base", BASES)
def test_hostile_text(base: str) -> None:
    assert_contract_on_hostile(TOKENIZERS[base])


@pytest.mark.parametrize("base", BASES)
@settings(max_examples=40, deadline=None)
@given(text=mixed)
def test_contract_and_cuts(base: str, text: str) -> None:
    tokenizer = TOKENIZERS[base]
    split = assert_contract(tokenizer, text)
    assert sum(map(tokenizer.count, pieces(tokenizer, text))) == len(split)
    assert split.ids is not None
    decoded = tokenizer.decode(split.ids).decode()
    assert decoded == (unicodedata.normalize("NFC", text) if VOCABULARIES[base].nfc else text)


CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029, 0x3000, 0xFEFF)]


@functools.cache
def by_hand(base: str) -> list[Adapted]:
    """Write files that adapt would not: a term, or a token, with a control character anywhere in it."""
    made = []
    for char in CONTROLS:
        words = (f"{char}ab", f"a{char}b", f"ab{char}", f"{char}{char} {char}", f"b {char}a")
        for number, word in enumerate(words):
            for term in (True, False):
                adaptation = Adaptation(base, (NewToken(word.encode(), term),))
                file = Path(_FOLDER.name) / f"{base}-{ord(char)}-{number}-{term}.json"
                file.write_text(adaptation.to_json(), "utf-8")
                with contextlib.suppress(BrokenTokenizer):  # one that is refused counts nothing wrongly
                    made.append(load(str(file)))
    assert len(made) > 100
    return made


_FOLDER = TemporaryDirectory(ignore_cleanup_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_a_file_made_by_hand_streams_as_it_counts_the_whole(base: str) -> None:
    random = Random(base)
    for tokenizer in by_hand(base):
        (token,) = tokenizer.adaptation.tokens
        word = token.data.decode()
        pool = [word, *word, " ", "\n", "a", "ab", "1", "\r\n", random.choice(CONTROLS)]
        for _ in range(8):
            text = "".join(random.choices(pool, k=60))
            found = Pieces(tokenizer.cut)
            blocks = [found.add(block) for block in in_blocks(text, [random.randrange(1, 9), 1, 40])]
            counted = sum(map(tokenizer.count, [*filter(None, blocks), found.rest()]))
            assert counted == tokenizer.count(text), (token, text)


@pytest.mark.parametrize("base", BASES)
@settings(max_examples=40, deadline=None)
@given(text=texts)
def test_text_without_new_tokens_is_cut_as_the_base_cuts_it(base: str, text: str) -> None:
    tokenizer = TOKENIZERS[base]
    normal = "".join(tokenizer.parts(text))
    assume(not any(token.data.decode() in normal for token in tokenizer.adaptation.tokens))
    assert tokenizer.encode(text) == tokenizer_of(base).encode(text)


@settings(max_examples=40, deadline=None)
@given(text=mixed)
def test_text_between_terms_is_cut_as_tiktoken_cuts_it_with_more_ranks(text: str) -> None:
    tokenizer, known = TOKENIZERS["o200k_base"], VOCABULARIES["o200k_base"]
    assume(all(unicodedata.category(char) != "Cn" and char != "\u0295" for char in text))
    ids: list[int] = []
    term_ids = {
        token.data.decode(): 200019 + i for i, token in enumerate(tokenizer.adaptation.tokens) if token.term
    }
    for i, part in enumerate(tokenizer.parts(text)):
        ids += [term_ids[part]] if i % 2 else reference().encode_ordinary(part)
    assert tokenizer.encode(text).ids == ids
    assert known.vocab_size == 200019


_reference: list[tiktoken.Encoding] = []


def reference() -> tiktoken.Encoding:
    if not _reference:
        known = VOCABULARIES["o200k_base"]
        ranks = dict(MappedRanks(known.path).items())
        for i, token in enumerate(TOKENIZERS["o200k_base"].adaptation.tokens):
            if not token.term:
                ranks[token.data] = known.vocab_size + i
        _reference.append(
            tiktoken.Encoding("more", pat_str=known.pattern, mergeable_ranks=ranks, special_tokens={})
        )
    return _reference[0]


# --- growing ---------------------------------------------------------------------------------------------


def document(text: str) -> Document:
    return Document.of_text(text, Decoding())


def grown(start: Adapted, text: str, *, new_tokens: int = 8, min_frequency: int = 2) -> Adaptation:
    growth = grow(
        *(start, [], [document(text)], lambda document: None),
        new_tokens=new_tokens,
        min_frequency=min_frequency,
    )
    return growth.adaptation


@pytest.mark.slow
@pytest.mark.parametrize("base", ["gpt2", "tekken"])
def test_every_learned_token_is_the_one_that_saves_most(base: str) -> None:
    """Each candidate is tried by having tiktoken cut the whole training part again."""
    known = VOCABULARIES[base]
    text = "".join(NOTES.read_text("utf-8").splitlines(keepends=True)[:30])
    learned = [token.data for token in grown(Adaptation(base).tokenizer("x"), text, new_tokens=3).tokens]
    assert len(learned) == 3
    training = [part for part in PARAGRAPH.split(text) if crc32(part.encode()) % HOLD_OUT_EVERY]
    shapes = Counter(piece for part in training for piece in Pattern(known.pattern).pieces(part))
    ranks = dict(MappedRanks(known.path).items())
    for token in learned:
        token_of = {rank: data for data, rank in ranks.items()}
        engine = tiktoken.Encoding("x", pat_str=r"(?s:.+)", mergeable_ranks=ranks, special_tokens={})
        savings: Counter[bytes] = Counter()
        uses: Counter[bytes] = Counter()
        for piece, count in shapes.items():
            tokens = [token_of[rank] for rank in engine.encode_ordinary(piece)]
            for left, right in pairwise(tokens):
                savings[left + right] += count
                uses[left + right] += count
            if len(tokens) > 2:  # as a whole
                uses[piece.encode()] += count
                savings[piece.encode()] += count * (len(tokens) - 1)
        assert savings[token] == max(saves for data, saves in savings.items() if uses[data] >= 2)
        ranks[token] = max(ranks.values()) + 1


def tokens_of(text: str, learned: Iterable[bytes]) -> int:
    """How many tokens tiktoken makes of the training part of a text, by GPT-2 and further tokens."""
    known = VOCABULARIES["gpt2"]
    ranks = dict(MappedRanks(known.path).items())
    ranks |= {token: rank for rank, token in enumerate(learned, len(ranks))}
    engine = tiktoken.Encoding("x", pat_str=known.pattern, mergeable_ranks=ranks, special_tokens={})
    training = [part for part in PARAGRAPH.split(text) if crc32(part.encode()) % HOLD_OUT_EVERY]
    return sum(len(engine.encode_ordinary(part)) for part in training)


@pytest.mark.parametrize(
    ("lines", "learned"),
    [
        ({"。阿托伐他汀钙": 30, "。射血": 40}, "。阿托伐他汀钙"),
        ({"。射血": 30, "。射频": 30, "。射线": 30, "。阿托伐": 9}, "。射"),
        ({"。阿托伐他汀钙": 4, "。射血": 40}, "。射血"),  # the first is too rare
    ],
)
def test_whole_pieces_compete_with_pairs(lines: dict[str, int], learned: str) -> None:
    text = "".join(f"{i}{line}\n" for line, times in lines.items() for i in range(times))
    (token,) = grown(Adaptation("o200k_base").tokenizer("x"), text, new_tokens=1, min_frequency=5).tokens
    assert token.data.decode() == learned


def test_a_token_that_is_only_a_step_to_another_takes_no_row() -> None:
    """Without any of the learned tokens the training part is longer."""
    text = "".join(f"{i} mammography of the xylophone xylophonists\n" for i in range(60))
    start = Adaptation("gpt2").tokenizer("x")
    learned = [token.data for token in grown(start, text, new_tokens=20, min_frequency=20).tokens]
    assert {b" mammography", b" xylophone", b" xylophonists"} <= {*learned}
    least = tokens_of(text, learned)
    for token in learned:
        assert tokens_of(text, [other for other in learned if other != token]) > least


def test_lines_of_json_are_held_out_too() -> None:
    """No line of it begins with a letter."""
    text = "".join(f'{{"id": {i}, "text": "a mammography"}}\n' for i in range(60))
    growth = grow(
        *(Adaptation("gpt2").tokenizer("x"), [], [document(text)], lambda document: None),
        new_tokens=3,
        min_frequency=5,
    )
    whole = load("gpt2").count(text)
    assert whole / 10 < growth.before < whole / 3
    assert growth.after < growth.before


def test_what_is_judged_is_what_the_file_gives(tmp_path: Path) -> None:
    path = tmp_path / "med.json"
    done = tokscope("adapt", NOTES, "--terms", TERMS, "-o", path, "--format", "json")
    assert (done.code, done.err) == (0, "")
    summary = json.loads(done.out)["summary"]
    held_out = [
        part
        for part in PARAGRAPH.split(NOTES.read_text("utf-8"))
        if crc32(part.encode()) % HOLD_OUT_EVERY == 0
    ]
    before, after = (sum(map(load(name).count, held_out)) for name in ("o200k_base", str(path)))
    assert summary["held_out"] == {"before": before, "after": after, "saving": 1 - after / before}
    rows = summary["embedding"]["rows"]
    assert summary["embedding"]["bytes"] == rows * 4096 * 2
    assert load(str(path)).vocab_size == 200019 + rows
    for term in TERMS.read_text("utf-8").split("\n")[:-1]:
        assert load(str(path)).count(term) == 1
        assert load(str(path)).count(f"the {term}") <= 3


@settings(max_examples=5, deadline=None)
@given(more=st.lists(st.sampled_from(NOTES.read_text("utf-8").splitlines()), min_size=20, max_size=60))
def test_update_keeps_ids_and_appends(more: list[str]) -> None:
    first = TOKENIZERS["gpt2"]
    second = grown(first, "\n".join(more) + "\nend 1\nend 2\nend 3\nend 4\nend 5\nend 6\nend 7\n")
    assert second.tokens[: len(first.adaptation.tokens)] == first.adaptation.tokens
    ranks = MappedRanks(VOCABULARIES["gpt2"].path)
    added = second.tokens[len(first.adaptation.tokens) :]
    assert all(ranks.get(token.data) is None for token in added)
    tokenizer = second.tokenizer("x")
    for number, token in enumerate(second.tokens, VOCABULARIES["gpt2"].vocab_size):
        assert tokenizer.decode([number]) == token.data


def test_update_on_the_command_line(tmp_path: Path) -> None:
    assert tokscope("adapt", NOTES, "--base", "gpt2", "-o", "med.json", cwd=tmp_path).code == 0
    first = json.loads((tmp_path / "med.json").read_text("utf-8"))
    lines = "".join(f"Line {i} of aortic dissection repair\n" for i in range(60)).encode()
    done = tokscope("adapt", "--update", "med.json", "--new-tokens", "1", cwd=tmp_path, stdin=lines)
    assert (done.code, done.err) == (0, "")
    second = json.loads((tmp_path / "med.json").read_text("utf-8"))
    assert second["tokens"][:-1] == first["tokens"]
    assert second["base"] == first["base"]
    again = tokscope("adapt", "--update", "med.json", "-o", "b.json", cwd=tmp_path, stdin=lines * 2)
    assert (again.code, again.err) == (0, "")
    assert (
        json.loads((tmp_path / "b.json").read_text("utf-8"))["tokens"][: len(second["tokens"])]
        == second["tokens"]
    )


def test_the_same_corpus_gives_the_same_file(tmp_path: Path) -> None:
    for name, seed in (("a.json", "1"), ("b.json", "2")):
        env = {"PYTHONHASHSEED": seed}
        assert tokscope("adapt", NOTES, "--base", "gpt2", "-o", name, cwd=tmp_path, env=env).code == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_words_with_spaces_get_a_token_with_one() -> None:
    base = Adaptation("o200k_base").tokenizer("x")
    tokens, single = new_terms(base, ["clopidogrel", "冠状动脉", "hello", "clopidogrel"])
    assert [token.data.decode() for token in tokens] == ["clopidogrel", " clopidogrel", "冠状动脉"]
    assert single == ["hello", "clopidogrel"]


def test_special_tokens_come_before_terms() -> None:
    adaptation = Adaptation("o200k_base", (NewToken("冠状".encode(), True),))
    text = "冠状<|endoftext|>冠状"
    assert adaptation.tokenizer("x", special=True).encode(text).ids == [200019, 199999, 200019]
    plain = adaptation.tokenizer("x")
    assert plain.decode(plain.encode(text).ids or []).decode() == text
    assert plain.decode([199999]) == b"<|endoftext|>"


# --- files -----------------------------------------------------------------------------------------------


new = st.binary(max_size=8).map(b"\0\xff".__add__) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=4
).map(lambda text: f"冠状{text}".encode())
"""Bytes that are not a token of GPT-2's, text among them."""


@settings(max_examples=50, deadline=None)
@given(tokens=st.dictionaries(new, st.integers(0, 99), max_size=5))
def test_a_file_reads_back(tokens: dict[bytes, int], tmp_path_factory: pytest.TempPathFactory) -> None:
    adaptation = Adaptation("gpt2", tuple(NewToken(data, False, saves) for data, saves in tokens.items()))
    path = tmp_path_factory.mktemp("file") / "x.json"
    path.write_text(adaptation.to_json(), "utf-8")
    assert Adaptation.read(str(path)) == adaptation


WHOLE = adapted("o200k_base").adaptation.to_json()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (WHOLE[:200], "damaged"),
        (WHOLE[:-9], "damaged"),
        (WHOLE.replace('"version": 1', '"version": 2'), "version 2"),
        (WHOLE.replace("o200k_base", "o900k_base"), "o900k_base"),
        (WHOLE.replace('"sha256": "4', '"sha256": "5'), "o200k_base"),
        (WHOLE.replace('"id": 200020', '"id": 7'), "ids"),
        (WHOLE.replace('"text": " art"', '"text": "art"'), "twice"),
        (WHOLE.replace('"term": true', '"term": 1'), "damaged"),
        (WHOLE.replace('"text": "art"', '"base64": "/w=="'), "damaged"),
        (WHOLE.replace('"text": "art"', '"base64": "%%"'), "damaged"),
        (WHOLE.replace('"text": "ingthe"', '"text": "the"'), "there again"),
        (WHOLE.replace('"tokens": [', '"tokens": ["x",'), "damaged"),
        (WHOLE.replace('"text": "art"', '"text": "\\ud800"'), "damaged"),
        ('{"tokscope": "adapted"}', "damaged"),
        (WHOLE.replace('"text": "art"', '"text": "a\\nrt"'), "a term cannot hold U+000A"),
    ],
)
def test_a_damaged_file_is_one_line_and_2(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "med.json"
    path.write_text(content, "utf-8")
    with pytest.raises(BrokenTokenizer, match=r"med\.json: ") as raised:
        load(str(path))
    assert says in str(raised.value)
    for arguments in (["count", "-x", "a", "-t", str(path)], ["adapt", "--update", str(path), "-x", "a"]):
        done = tokscope(*arguments)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert path.read_text("utf-8") == content


@pytest.mark.parametrize(
    ("terms", "arguments", "says"),
    [
        ("", [NOTES], "has no terms"),
        ("a\x07b\n", [NOTES], "line 1: a term cannot hold U+0007"),
        ("ok\n\u0301a\n", [NOTES], "line 2: a term cannot begin with U+0301"),
        ("<|endoftext|>\n", [NOTES], "special token"),
        ("hello\n", [NOTES, "--new-tokens", "0", "--base", "gpt2"], "no token to add"),
        ("冠状动脉\n", ["-x", ""], "too few lines"),
        ("冠状动脉\n", [NOTES, "gone"], "gone: no such file"),
        ("冠状动脉\n", [NOTES, "--base", "t5"], "t5"),
        ("冠状动脉\n", [NOTES, "--base", "gpt5000"], "gpt5000"),
        ("冠状动脉\n", [NOTES, "--base", "gpt2", "--update", "med.json"], "use one of them"),
        ("冠状动脉\n", [NOTES, "-o", "nowhere/med.json"], "nowhere"),
        ("冠状动脉\n", [NOTES, "-o", "/dev/full"], "No space left"),
        ("冠状动脉\n", [NOTES, "-o", "-"], "-o med.json"),
    ],
)
def test_what_cannot_be_done_leaves_the_file_alone(
    terms: str, arguments: list[str], says: str, tmp_path: Path
) -> None:
    (tmp_path / "terms").write_text(terms, "utf-8")
    (tmp_path / "med.json").write_text("precious")
    done = tokscope("adapt", "-o", "med.json", "--terms", "terms", *arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err
    assert (tmp_path / "med.json").read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"terms", "med.json"}


def test_what_is_learned_comes_often_enough_and_costs_rows_of_the_width(tmp_path: Path) -> None:
    found = []
    for often in ("5", "20"):
        options = ("--dim", "1024", "--min-frequency", often, "--format", "json")
        done = tokscope("adapt", NOTES, "--base", "gpt2", "-o", "med.json", *options, cwd=tmp_path)
        found.append(json.loads(done.out)["summary"]["embedding"])
    assert found[0]["rows"] > found[1]["rows"] > 0
    assert all(one["bytes"] == one["rows"] * 1024 * 2 for one in found)


def test_terms_that_are_one_token_are_said(tmp_path: Path) -> None:
    (tmp_path / "terms").write_text("hello\n冠状动脉\n", "utf-8")
    done = tokscope("adapt", NOTES, "--base", "gpt2", "--terms", "terms", "-o", "med.json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "tokscope: 1 of the terms is already a single token: hello\n")


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", "adapt", "-", "-o", "med.json"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"a corpus without an end")
    process.stdin.flush()
    until_read(process)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(100) == 130
    assert process.communicate() == (b"", b"")
    assert not list(tmp_path.iterdir())
