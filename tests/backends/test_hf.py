"""`hf:`: every kind of tokenizer.json against `tokenizers` itself, spans, refusals, and the Hub."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
)

from tests.support.contract import assert_contract, assert_contract_on_hostile
from tests.support.sentencepiece_models import train
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tests.support.tokenizer_json import KINDS, mended, saved
from tokscope import load
from tokscope.backends.hf import HuggingFace
from tokscope.errors import BrokenTokenizer
from tokscope.vocabularies.spelling import BYTE_ALPHABET

LOSSLESS = ["byte-level", "byte-level, space in front"]


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_those_of_the_library(kind: str) -> None:
    reference = Tokenizer.from_str(saved(kind))
    for text in HOSTILE.values():
        assert mended(kind, True).encode(text).ids == reference.encode(text).ids
    reference.encode_special_tokens = True
    for text in HOSTILE.values():
        assert mended(kind).encode(text).ids == reference.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("special", [False, True], ids=["plain", "special"])
@pytest.mark.parametrize("kind", KINDS)
def test_contract(kind: str, special: bool) -> None:
    assert_contract_on_hostile(mended(kind, special))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50, deadline=None)
@given(text=texts)
def test_contract_on_any_text(kind: str, text: str) -> None:
    assert_contract(mended(kind), text)


@pytest.mark.parametrize("kind", LOSSLESS)
@settings(max_examples=50, deadline=None)
@given(text=texts)
def test_byte_level_tokens_tile_the_text(kind: str, text: str) -> None:
    split = mended(kind).encode(text)
    assert b"".join(token.data for token in split) == split.source
    decoded = Tokenizer.from_str(saved(kind)).decode(split.ids)
    assert decoded.removeprefix(" ") == text.removeprefix(" ")


ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


def spelled(pieces: list[str], merges: list[tuple[str, str]], **options: object) -> models.BPE:
    """Build a BPE model of these pieces and what their merges make."""
    names = [*pieces, *(left + right for left, right in merges)]
    return models.BPE({name: i for i, name in enumerate(names)}, merges, **options)


def build(
    model: models.Model,
    pre_tokenizer: pre_tokenizers.PreTokenizer | None = None,
    normalizer: normalizers.Normalizer | None = None,
    added: tuple[AddedToken | str, ...] = (),
) -> HuggingFace:
    engine = Tokenizer(model)
    engine.pre_tokenizer = pre_tokenizer
    engine.normalizer = normalizer
    engine.add_tokens(list(added))
    return HuggingFace(engine, "by hand")


def bytes_of(
    *merges: tuple[str, str], normalizer: normalizers.Normalizer | None = None, prefix: bool = False
) -> HuggingFace:
    pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    return build(spelled(ALPHABET, list(merges)), pre_tokenizer, normalizer, added=("día",))


def words_of() -> HuggingFace:
    """CLIP's kind: lower case, and `</w>` ends a word."""
    ends = [letter + "</w>" for letter in ALPHABET]
    model = spelled([*ALPHABET, *ends], [], end_of_word_suffix="</w>")
    return build(model, pre_tokenizers.ByteLevel(add_prefix_space=False), normalizers.Lowercase())


def fallback_of(*merges: tuple[str, str]) -> HuggingFace:
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b"]
    model = spelled(pieces, list(merges), byte_fallback=True, unk_token="<unk>")
    put, replace = normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")
    return build(model, normalizer=normalizers.Sequence([put, replace]))


def unigram_of(*pieces: str, normalizer: normalizers.Normalizer) -> HuggingFace:
    scores = [("<unk>", 0.0), *((piece, -1.0) for piece in pieces)]
    return build(models.Unigram(scores, 0), pre_tokenizers.Metaspace(), normalizer)


def word_pieces_of(*pieces: str, added: tuple[AddedToken | str, ...] = ()) -> HuggingFace:
    vocabulary = {piece: i for i, piece in enumerate(["[UNK]", *pieces])}
    model = models.WordPiece(vocabulary, unk_token="[UNK]")
    return build(model, pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer(), added)


NFC, NFD, NFKC = normalizers.NFC(), normalizers.NFD(), normalizers.NFKC()


@pytest.mark.parametrize(
    ("tokenizer", "text", "expected"),
    [
        # The pieces of a character share it out, byte by byte; a token may end one and begin the next.
        (bytes_of(("æ", "Ĺ")), "日 a", [(b"\xe6\x97", None), (b"\xa5", None), (b" ", None), (b"a", None)]),
        (
            bytes_of(("¥", "æ")),
            "日日",
            [(b"\xe6", None), (b"\x97", None), (b"\xa5\xe6", None), (b"\x97", None), (b"\xa5", None)],
        ),
        (words_of(), "日", [(b"\xe6", None), (b"\x97", None), (b"\xa5", "¥</w>")]),
        (
            fallback_of(),
            "字a b",
            [
                *[(b"", "▁"), (b"\xe5", "<0xE5>"), (b"\xad", "<0xAD>"), (b"\x97", "<0x97>")],
                *[(b"a", None), (b" ", "▁"), (b"b", None)],
            ],
        ),
        # A space put in front stands for nothing.
        (bytes_of(prefix=True), "a", [(b"", " "), (b"a", None)]),
        (bytes_of(("Ġ", "a"), prefix=True), "a a", [(b"a", " a"), (b" a", None)]),
        (bytes_of(("Ġ", "æ"), prefix=True), "日", [(b"\xe6", "Ġæ"), (b"\x97", None), (b"\xa5", None)]),
        (fallback_of(), " a", [(b"", "▁"), (b" ", "▁"), (b"a", None)]),
        (fallback_of(("▁", "▁")), " a", [(b" ", "▁▁"), (b"a", None)]),
        (unigram_of("▁", normalizer=NFKC), "字", [(b"", "▁"), ("字".encode(), "<unk>")]),
        # Normalised text: the span is what it was made of.
        (
            bytes_of(("Ã", "©"), normalizer=NFC),
            "Ae\u0301!",
            [(b"A", None), (b"e\xcc\x81", "é"), (b"!", None)],
        ),
        (bytes_of(normalizer=NFC), "e\u0301!", [(b"e", "Ã"), (b"\xcc\x81", "©"), (b"!", None)]),
        (bytes_of(normalizer=NFD), "é!", [("é".encode(), "e"), (b"", "Ì"), (b"", "ģ"), (b"!", None)]),
        (
            unigram_of("▁", "각", normalizer=NFC),
            "\u1100\u1161\u11a8",
            [(b"", "▁"), ("\u1100\u1161\u11a8".encode(), "각")],
        ),
        (words_of(), "É", [(b"\xc3", None), (b"\x89", "©</w>")]),
        (unigram_of("▁", "f", "i", normalizer=NFKC), "ﬁ", [(b"", "▁"), ("ﬁ".encode(), "f"), (b"", "i")]),
        (unigram_of("▁f", "i", normalizer=NFKC), "ﬁ", [("ﬁ".encode(), "▁f"), (b"", "i")]),
        (unigram_of("▁1", normalizer=NFKC), "1 ①", [(b"1", "▁1"), (" ①".encode(), "▁1")]),
        (
            word_pieces_of("ca", "##fe"),
            "Cafe\u0301 q",
            [(b"Ca", "ca"), (b"fe\xcc\x81", "##fe"), (b"q", "[UNK]")],
        ),
        # Added tokens are written as they are, and may take white space along.
        (bytes_of(), "día", [("día".encode(), None)]),
        (
            word_pieces_of("x", added=(AddedToken("<m>", lstrip=True, rstrip=True),)),
            "x <m> x",
            [(b"x", None), (b" <m> ", "<m>"), (b"x", None)],
        ),
    ],
)
def test_spans(tokenizer: HuggingFace, text: str, expected: list[tuple[bytes, str | None]]) -> None:
    assert_contract(tokenizer, text)
    assert [(token.data, token.label) for token in tokenizer.encode(text)] == expected


def test_special_tokens_are_added_and_found() -> None:
    split = mended("byte-level", special=True).encode("a</s>")
    assert [(token.data, token.label) for token in split] == [
        *[(b"", "<s>"), (b"a", None), (b"</s>", None), (b"", "</s>")]
    ]


@functools.cache
def sentencepiece_model() -> tuple[sentencepiece.SentencePieceProcessor, str]:
    """Train a Unigram model with sentencepiece, and write it as a tokenizer.json too."""
    model = train(normalization_rule_name="identity", remove_extra_whitespaces=False)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    pieces = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.vocab_size())]
    engine = Tokenizer(models.Unigram(pieces, processor.unk_id()))
    engine.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    engine.add_special_tokens(["<unk>", "<s>", "</s>"])
    return processor, engine.to_str()


@pytest.mark.parametrize("kind", KINDS)
def test_special_text_is_ordinary_text(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(saved(kind), "utf-8")
    decoder = Tokenizer.from_str(saved(kind)).get_added_tokens_decoder()
    special = {token.content: token_id for token_id, token in decoder.items() if token.special}
    text = " fox ".join(special)
    plain = load(f"hf:{path}")
    assert special
    assert {*plain.encode(text).ids} & {*special.values()} <= {plain.unknown_id}
    assert {*load(f"hf:{path}", special=True).encode(text).ids} >= {*special.values()}


@pytest.fixture(scope="module")
def unigram_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("unigram") / "tokenizer.json"
    path.write_text(sentencepiece_model()[1], "utf-8")
    return path


def test_special_text_is_ordinary_as_in_sentencepiece(unigram_file: Path) -> None:
    processor, _ = sentencepiece_model()
    plain, special = load(f"hf:{unigram_file}"), load(f"hf:{unigram_file}", special=True)
    text = "<s>the fox</s> <unk>"
    assert plain.encode(text).ids == processor.encode(text)
    assert special.encode(text).ids[0] == processor.piece_to_id("<s>")
    assert plain.unknown_id == special.unknown_id == processor.unk_id()


@settings(max_examples=50, deadline=None)
@given(text=texts)
def test_unigram_ids_are_those_of_sentencepiece(unigram_file: Path, text: str) -> None:
    assert load(f"hf:{unigram_file}").encode(text).ids == sentencepiece_model()[0].encode(text)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"truncation": {"max_length": 2, "stride": 0, "strategy": "LongestFirst", "direction": "Right"}},
            "x y z",
        ),
        (
            {
                "padding": {
                    "strategy": {"Fixed": 99},
                    "direction": "Right",
                    "pad_to_multiple_of": None,
                    "pad_id": 0,
                    "pad_type_id": 0,
                    "pad_token": "<s>",
                }
            },
            "x",
        ),
        ({"dropout": 0.9}, "the quick brown fox jumps over the lazy dog"),
    ],
    ids=["truncation", "padding", "dropout"],
)
def test_what_would_lose_or_scatter_text_is_off(change: dict[str, object], text: str, tmp_path: Path) -> None:
    file = json.loads(saved("byte-level"))
    (file["model"] if "dropout" in change else file).update(change)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(file), "utf-8")
    assert Tokenizer.from_file(str(path)).encode(text).ids != mended("byte-level", True).encode(text).ids
    assert load(f"hf:{path}", special=True).encode(text).ids == mended("byte-level", True).encode(text).ids


def test_ids_that_the_vocabulary_leaves_out_are_counted() -> None:
    assert build(models.WordLevel({"a": 0, "b": 7}, unk_token="a")).vocab_size == 8


@pytest.mark.parametrize(
    ("kind", "unknown"), [("byte-level", None), ("byte fallback", None), ("wordpiece", 0)]
)
def test_unknown_id(kind: str, unknown: int | None) -> None:
    assert mended(kind).unknown_id == unknown


@pytest.mark.parametrize(
    "model",
    [
        models.WordLevel({"a": 0}),
        models.WordPiece({"a": 0}),
        models.Unigram([("a", -1.0)]),
        models.BPE({"a": 0}, [], unk_token="u"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_text_that_no_token_can_say(model: models.Model) -> None:
    tokenizer = build(model)
    assert tokenizer.unknown_id is None
    assert tokenizer.count("a") == 1
    for method in (tokenizer.count, tokenizer.encode):
        with pytest.raises(BrokenTokenizer, match=r"^by hand: "):
            method("b")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1, 2]",
        b'{"name": "left-pad", "version": "1.0.0"}',
        b"\xff\xfe{",
        saved("byte-level").encode()[:-100],
        saved("byte-level").replace('"BPE"', '"CPE"').encode(),
        # An index out of range in the library's Rust code, which is a panic and no Exception.
        saved("byte-level")
        .replace('"continuing_subword_prefix":null', '"continuing_subword_prefix":"######"')
        .encode(),
    ],
    ids=["empty", "object", "list", "package.json", "not UTF-8", "truncated", "unknown model", "panic"],
)
def test_a_broken_file_is_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(BrokenTokenizer) as refusal:
        load(f"hf:{path}")
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_folder_and_a_file_are_read_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tokenizer.json").write_text(saved("wordpiece"), "utf-8")
    monkeypatch.chdir(tmp_path)
    for spec in ("hf:./tokenizer.json", "hf:tokenizer.json", "hf:.", f"hf:{tmp_path}"):
        tokenizer = load(spec)
        assert tokenizer.name == spec
        assert tokenizer.encode("Hello").ids == mended("wordpiece").encode("Hello").ids


class Hub(http.server.BaseHTTPRequestHandler):
    """The part of the Hub that hf_hub_download asks: HEAD and GET of /REPO/resolve/REVISION/FILE."""

    refusals: ClassVar = {
        "/org/gated/": (403, "GatedRepo"),
        "/org/none/": (401, "RepoNotFound"),
        "/org/bert/": (404, "EntryNotFound"),
        "/org/down/": (500, ""),
        "/resolve/v9/": (404, "RevisionNotFound"),
    }

    def do_HEAD(self) -> None:
        code, reason = next(
            (answer for part, answer in self.refusals.items() if part in self.path), (200, "")
        )
        body = saved("wordpiece").encode() if code == 200 else b""
        self.send_response(code)
        for name, value in (
            ("Content-Length", str(len(body))),
            ("ETag", '"0123456789"'),
            ("X-Repo-Commit", "0" * 40),
            ("X-Error-Code", reason),
            ("X-Error-Message", "a message of the Hub's own"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_GET = do_HEAD

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(home: Path, *specs: str, **environment: str) -> list[str]:
    """Load each spec, in a process of their own since huggingface_hub reads its environment once."""
    program = """if True:
        import sys
        from tokscope import load
        from tokscope.errors import TokscopeError
        for spec in sys.argv[1:]:
            try:
                tokenizer = load(spec)
                print(tokenizer.name, tokenizer.count("Hello world"))
            except TokscopeError as error:
                print(error)
        """
    run = subprocess.run(
        [sys.executable, "-c", program, *specs],
        env={**os.environ, "HF_HOME": str(home), "NO_PROXY": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=100,
    )
    assert run.stderr == ""
    return run.stdout.splitlines()


def test_the_hub(hub: str, tmp_path: Path) -> None:
    answers = {
        "hf:org/repo": "hf:org/repo 2",
        "hf:org/repo@v1": "hf:org/repo@v1 2",
        "hf:org/gated": "org/gated is given on request: ask on its page on the Hub, then set HF_TOKEN",
        "hf:org/none": "org/none is neither a file nor a repository that HF_TOKEN may read",
        "hf:org/bert": "org/bert has no tokenizer.json; a vocab.txt is for wordpiece:, a .model for sp:",
        "hf:org/repo@v9": "org/repo@v9 has no revision 'v9'",
        "hf:not a/name": "not a/name is neither a file nor the name of a repository on the Hub",
        "hf:./tok.json": "tok.json: No such file or directory",
        "hf:models/tok.json": "models/tok.json: No such file or directory",
    }
    assert ask(tmp_path, *answers, HF_ENDPOINT=hub) == list(answers.values())
    (down,) = ask(tmp_path, "hf:org/down", HF_ENDPOINT=hub)
    assert down.startswith("org/down is refused by the Hub: ")
    assert "500" in down


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}],
    ids=["offline", "refused"],
)
def test_out_of_reach_of_the_hub(environment: dict[str, str], hub: str, tmp_path: Path) -> None:
    ask(tmp_path, "hf:org/repo", HF_ENDPOINT=hub)
    assert ask(tmp_path, "hf:org/repo", "hf:org/other", **{"HF_ENDPOINT": hub, **environment}) == [
        "hf:org/repo 2",
        "org/other is not downloaded yet, and the Hub is out of reach; go online once, or give hf:FILE",
    ]


def test_a_path_never_asks_the_hub(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(saved("wordpiece"), "utf-8")
    program = """if True:
        import sys
        from tokscope import load
        load("hf:" + sys.argv[1])
        assert "huggingface_hub" not in sys.modules
        """
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)


# --- what a file may claim, and what a vocabulary may drop ------------------------------------------------

DNA = {"[CLS]": 0, "[SEP]": 1, "A": 2, "C": 3, "G": 4, "T": 5, "AC": 6}


def written(path: Path, model: dict[str, object], **stages: object) -> Path:
    """Write a tokenizer.json by hand."""
    names = ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")
    whole = {"version": "1.0", "added_tokens": [], **dict.fromkeys(names), "model": model, **stages}
    path.write_text(json.dumps(whole), "utf-8")
    return path


def bpe(vocab: dict[str, int], merges: list[list[str]], **more: object) -> dict[str, object]:
    return {"type": "BPE", "vocab": vocab, "merges": merges, **more}


def special(*tokens: str) -> list[dict[str, object]]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return [{"id": DNA[one], "content": one, "special": True, **flags} for one in tokens]


BERT = {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 0]}


def template_of(*pieces: str) -> dict[str, object]:
    """A template, of special tokens and A, the text."""
    single = [
        {"Sequence": {"id": "A", "type_id": 0}}
        if piece == "A"
        else {"SpecialToken": {"id": piece, "type_id": 0}}
        for piece in pieces
    ]
    named = {one: {"id": one, "ids": [DNA[one]], "tokens": [one]} for one in pieces if one != "A"}
    pair = [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": named}


@pytest.mark.parametrize(
    "post_processor",
    [
        BERT,
        {**BERT, "type": "RobertaProcessing", "trim_offsets": True, "add_prefix_space": False},
        template_of("[CLS]", "A", "[SEP]", "A"),
        template_of("[CLS]", "[SEP]"),
        template_of("A"),
        {"type": "Sequence", "processors": [template_of("[CLS]", "A"), BERT]},
    ],
    ids=["BERT", "RoBERTa", "twice", "never", "alone", "in sequence"],
)
@pytest.mark.parametrize("text", ["ACGT", "", "A[SEP]T"])
def test_templates_are_read(post_processor: dict[str, object], text: str, tmp_path: Path) -> None:
    """Of a vocabulary that cannot say "a", nor anything else but four letters."""
    path = written(
        tmp_path / "dna.json",
        bpe(DNA, [["A", "C"]]),
        post_processor=post_processor,
        added_tokens=special("[CLS]", "[SEP]"),
    )
    tokenizer = load(f"hf:{path}", special=True)
    assert assert_contract(tokenizer, text).ids == Tokenizer.from_file(str(path)).encode(text).ids
    assert tokenizer.trace(text).split.ids == tokenizer.encode(text).ids


@pytest.mark.parametrize(
    ("text", "expected", "dropped"),
    [
        ("ab é ab", [(b"ab", 2, None), (b"ab", 2, None)], 1),
        ("éab", [(b"ab", 2, None)], 1),
        ("é 日", [], 2),
        # `tokenizers` merges what stands on either side of what it dropped.
        ("aéb", [("aéb".encode(), 2, "ab")], 1),
        ("bééa", [(b"b", 1, None), (b"a", 0, None)], 2),
    ],
)
def test_what_a_bpe_drops_is_a_gap(
    text: str, expected: list[tuple[bytes, int, str | None]], dropped: int, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "ab.json",
        bpe({"a": 0, "b": 1, "ab": 2}, [["a", "b"]]),
        pre_tokenizer={"type": "WhitespaceSplit"},
    )
    tokenizer = load(f"hf:{path}")
    split = assert_contract(tokenizer, text)
    assert split.ids == Tokenizer.from_file(str(path)).encode(text).ids
    assert [(token.data, token.id, token.label) for token in split] == expected
    assert split.dropped == dropped
    assert tokenizer.lost == set(text) - set("ab ")
    tokenizer.trace(text)


@settings(max_examples=100, deadline=None)
@given(text=st.text("abc é日🦜\n", max_size=12))
def test_spans_beside_dropped_text(text: str) -> None:
    model = models.BPE({"a": 0, "b": 1, "ab": 2, "é": 3, "aé": 4}, [("a", "b"), ("a", "é")])
    tokenizer = build(model, pre_tokenizers.WhitespaceSplit(), normalizers.Lowercase())
    split = assert_contract(tokenizer, text)
    assert split.dropped == sum(char in "c日🦜" for char in text)
    for token in split:
        kept = "".join(char for char in token.data.decode() if char in "abé")
        assert kept == {0: "a", 1: "b", 2: "ab", 3: "é", 4: "aé"}[token.id or 0]


def test_byte_level_and_fallback_vocabularies_drop_nothing() -> None:
    assert not any(mended(kind)._may_drop("Hello, wörld! 日本語 🦜\n\0") for kind in KINDS)


@pytest.mark.parametrize("missing", ["", "é", "日é", "\x04", "\xc0\xf5"])
@pytest.mark.parametrize("text", ["Hello", "Hello é\x04", "日é日"])
def test_a_byte_level_vocabulary_drops_the_bytes_that_it_lacks(missing: str, text: str) -> None:
    """Whose texts are looked at only where they have one of them."""
    lacking = {*missing.encode("latin-1" if missing.startswith("\xc0") else "utf-8")}
    symbols = [char for char, byte in BYTE_ALPHABET.items() if byte not in lacking]
    engine = Tokenizer(models.BPE({char: i for i, char in enumerate(symbols)}, []))
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = HuggingFace(engine, "bytes")
    dropped = {char for char in text if lacking & {*char.encode()}}
    assert tokenizer.count(text) == sum(byte not in lacking for byte in text.encode())
    assert tokenizer.lost == dropped
    assert bool(tokenizer._dropping and "_symbols" in vars(tokenizer._dropping)) == bool(dropped)


def test_dropped_text_is_in_json(tmp_path: Path) -> None:
    path = written(tmp_path / "ab.json", bpe({"a": 0, "b": 1, "ab": 2}, [["a", "b"]]))

    def found(command: str, text: str) -> dict[str, Any]:
        return json.loads(tokscope(command, "-x", text, "-t", path, "--format", "json").out)  # type: ignore[no-any-return]

    assert found("count", "abé日é")["summary"]["dropped_characters"] == {f"hf:{path}": "é日"}
    assert "dropped_characters" not in found("count", "ab")["summary"]
    (cut,) = found("split", "bé日 a")["results"]
    assert cut["dropped"] == 3
    assert [(one["start"], one["end"]) for one in cut["split"]] == [(0, 1), (7, 8)]
    assert "dropped" not in found("split", "ab")["results"][0]


@pytest.mark.slow
def test_dropped_text_is_said_by_every_command(tmp_path: Path) -> None:
    path = written(tmp_path / "ab.json", bpe({"a": 0, "b": 1, "ab": 2}, [["a", "b"]]))
    said = f"hf:{path} has no token for these characters and drops them: é 日"
    for command in ("count", "encode", "split", "trace"):
        done = tokscope(command, "-x", "abé日é", "-t", path)
        assert (done.code, said in done.err + done.out) == (0, True), done
    (tmp_path / "a.txt").write_text("abé日é")
    (tmp_path / "b.txt").write_text("ab")
    (tmp_path / "a.json").write_text(json.dumps([{"role": "ab", "content": "abé日é"}]))
    for command in (
        *("stats a.txt", "check a.txt --budget 9", "chunk a.txt -n 5", "truncate a.txt -n 1", "chars a.txt"),
        *("compare a.txt", "diff a.txt b.txt", "fit a.txt --arch llama-3-8b", "chat a.json"),
    ):
        for format in ([], ["--format", "json"]) if command[:5] not in ("chunk", "trunc") else ([],):
            done = tokscope(*command.split(), *format, "-t", path, cwd=tmp_path)
            assert (done.code, said in done.err) == (0, True), done
    for two in (["diff", "a.txt", "-t", f"{path},char"], ["agree", path, "char", "a.txt"]):
        assert said in tokscope(*two, cwd=tmp_path).err
    compared = json.loads(tokscope("compare", "-x", "abé日é", "-t", path, "--format", "json").out)
    assert compared["results"][0]["unknown_rate"] == 0.75
    for format in ("table", "plain"):
        assert "dropped" in tokscope("trace", "-x", "abé日é", "-t", path, "--format", format).out


@pytest.mark.parametrize(
    ("text", "form", "spans"),
    [
        ("ｶﾞ", "NFKC", ["ｶﾞ"]),
        ("ﾊﾟｶ", "NFKC", ["ﾊﾟ", "ｶ"]),
        ("ﾡￂ", "NFKC", ["ﾡￂ"]),
        ("\u1112\u1161", "NFC", ["\u1112\u1161"]),
        ("か\u3099", "NFC", ["か\u3099"]),
    ],
)
def test_what_a_normaliser_composes_is_one_token(text: str, form: str, spans: list[str]) -> None:
    made = dict.fromkeys(getattr(normalizers, form)().normalize_str(text))
    model = models.BPE({char: i for i, char in enumerate(made)}, [])
    split = build(model, normalizer=getattr(normalizers, form)()).encode(text)
    assert [token.data.decode() for token in split] == spans


CHARSMAP = {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////wAAAAA="}}
ONE = bpe({"a": 0}, [])


@pytest.mark.parametrize(
    ("model", "stages", "says"),
    [
        # This one takes the process down with it: the prefix ends within a character.
        (
            bpe({"a": 0, "é": 1}, [["a", "é"]], continuing_subword_prefix="#"),
            {},
            "too short for the prefix '#'",
        ),
        (bpe({"a": 0}, [["a", "b"]]), {}, "joins 'b', which is not in the vocabulary"),
        (bpe({"a": 1 << 31}, []), {}, "the id of 'a' is not a number"),
        (bpe({"a": -1}, []), {}, "the id of 'a' is not a number"),
        (ONE, CHARSMAP, "claims 4,294,967,295 bytes, and 4 are there"),
        (ONE, {"pre_tokenizer": {"type": "FixedLength", "length": 0}}, "chunks of no characters"),
        ({"type": "CPE"}, {}, "its model is a 'CPE', not BPE, Unigram, WordLevel, WordPiece"),
        (ONE, {"normalizer": {"type": "Replace", "pattern": {"Regex": "("}, "content": ""}}, "parenthesis"),
        (ONE, {"added_tokens": [{"id": -1}]}, "the id of an added token"),
    ],
)
def test_what_a_file_claims_is_checked_first(
    model: dict[str, object],
    stages: dict[str, object],
    says: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path / "t.json", model, **stages)
    with pytest.raises(BrokenTokenizer) as refusal:
        load(f"hf:{path}")
    assert says in str(refusal.value)
    assert " at line " not in str(refusal.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": 0, "b": 1}', "it is a vocab.json"),
        ('{"added_tokens_decoder": {}, "tokenizer_class": "x"}', "it is a tokenizer_config.json"),
        ('{"vocab": [], "config": {}}', "it is a tekken.json"),
        ('{"a": "b"}', "it has no model"),
        ('{"a": 0,', "a broken tokenizer.json: not JSON: "),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "a number of more than 4,300 digits"),
    ],
)
def test_what_a_file_is_instead(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text(content)
    with pytest.raises(BrokenTokenizer) as refusal:
        load(f"hf:{path}")
    assert says in str(refusal.value)


def test_a_panic_is_told_in_our_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = "BAAAAAAAAAA="  # a trie of one unit, which is too little for any
    stage = {"type": "Precompiled", "precompiled_charsmap": table}
    path = written(tmp_path / "t.json", bpe({"a": 0}, []), normalizer=stage)
    with contextlib.suppress(BrokenTokenizer):
        load(f"hf:{path}")
    assert capfd.readouterr().err == ""


def test_added_tokens_that_are_one_once_normalised_are_no_exact_matter() -> None:
    """Which of the two is found differs from one run of `tokenizers` to the next."""
    engine = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    engine.normalizer = normalizers.Lowercase()
    engine.add_tokens([AddedToken("Tag", normalized=True), AddedToken("TAG", normalized=True)])
    assert not HuggingFace(engine, "by hand").exact
    assert mended("wordpiece").exact


def test_tracing_beside_counting() -> None:
    """Threads that count while another one traces: neither waits for ever, nor sees the other's stages."""
    tokenizer = HuggingFace(Tokenizer.from_str(saved("wordpiece")), "both")
    text = "Hello world, the lazy dog"
    right = len(tokenizer.encode(text))
    with ThreadPoolExecutor(4) as pool:
        counts = [pool.submit(tokenizer.count, text) for _ in range(200)]
        traces = [pool.submit(tokenizer.trace, text) for _ in range(20)]
        assert {one.result(60) for one in counts} == {right}
        assert {len(one.result(60).split) for one in traces} == {right}


@pytest.mark.parametrize("piece", ["æ", "Ĺ"])
def test_a_stage_that_takes_out_a_part_of_a_character(piece: str, tmp_path: Path) -> None:
    engine = Tokenizer.from_str(saved("byte-level"))
    stages = [pre_tokenizers.ByteLevel(add_prefix_space=False), pre_tokenizers.Split(piece, "removed")]
    engine.pre_tokenizer = pre_tokenizers.Sequence(stages)
    engine.save(str(tmp_path / "half.json"))
    for format in ("table", "plain", "json"):
        done = tokscope("trace", "-x", "a日b 日本", "-t", tmp_path / "half.json", "--format", format)
        assert (done.code, done.err) == (0, "")


@pytest.mark.slow
def test_a_panic_on_a_later_text_is_told_in_our_words(tmp_path: Path) -> None:
    """A table of one unit loads, and what is not in it makes the library's Rust code go out of bounds."""
    stage = {"type": "Precompiled", "precompiled_charsmap": "CAAAAAAAAAAAAAAAAA=="}
    path = written(tmp_path / "t.json", bpe({"a": 0}, []), normalizer=stage)
    for command in ("count", "split", "trace", "compare", "stats", "encode"):
        done = tokscope(command, "-x", "é", "-t", f"hf:{path}")
        assert (done.code, done.out) == (2, ""), done
        assert "the library that reads it crashed; its file may be damaged" in done.err
        assert all(line.startswith("tokscope: ") for line in done.err.splitlines()), done


@pytest.mark.parametrize(
    "model",
    [
        {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "gone"},
        {"type": "Unigram", "unk_id": None, "vocab": [["a", -1.0]], "byte_fallback": False},
    ],
)
def test_a_text_for_which_there_is_no_token_is_refused_in_words_of_ours(model: Any, tmp_path: Path) -> None:
    stages = dict.fromkeys(("post_processor", "decoder", "normalizer", "pre_tokenizer"))
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"version": "1.0", "added_tokens": [], **stages, "model": model}))
    loaded = load(f"hf:{path}")
    assert loaded.count("a") == 1
    with pytest.raises(BrokenTokenizer, match="no token stands for what its vocabulary lacks"):
        loaded.count("b")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"normalizer": {"type": "NFCC"}}, "its normalizer, a 'NFCC', has an unknown type"),
        (
            {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digit"}]}},
            "its pre_tokenizer, a 'Digit', has an unknown type",
        ),
        ({"added_tokens": [{"id": 0}]}, "its added_tokens cannot be read: it lacks 'content'"),
        ({"decoderr": None}, "it has the key 'decoderr', and none but version, "),
        (
            {"normalizer": {"type": "Replace", "pattern": {"Regex": "("}, "content": ""}},
            "its normalizer, a 'Replace', cannot be read: a pattern in it is not a regular expression",
        ),
        ({"model": {"type": "WordPiece", "vocab": {}}}, "its model, a 'WordPiece', cannot be read: it lacks"),
        (
            {"model": {"type": "Unigram", "unk_id": 7, "vocab": [["a", 0.0]]}},
            "unknown token, 7, is not among its 1",
        ),
    ],
)
def test_an_error_names_the_part_that_cannot_be_read(
    more: dict[str, object], says: str, tmp_path: Path
) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": bpe({"a": 0}, []), **more}))
    with pytest.raises(BrokenTokenizer, match=says):
        load(f"hf:{tmp_path / 'tokenizer.json'}")


def test_a_pattern_with_too_many_ways_to_match_is_named(tmp_path: Path) -> None:
    pattern = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
    document = {"model": bpe({"a": 0, "c": 1}, []), "pre_tokenizer": pattern}
    (tmp_path / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(BrokenTokenizer, match="one of its patterns tries too many ways to match this text"):
        load(f"hf:{tmp_path / 'tokenizer.json'}").count("a" * 200 + "c")
