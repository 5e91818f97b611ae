"""`hf:`: every kind of tokenizer.json against `tokenizers` itself, spans, refusals, and the Hub."""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import sentencepiece
from hypothesis import given, settings
from tokenizers import (
    AddedToken,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
)

from tests.support.contract import assert_contract
from tests.support.texts import HOSTILE, texts
from tests.support.tokenizer_json import CORPUS, KINDS, mended, saved
from tokscope import load
from tokscope.backends.hf import HuggingFace
from tokscope.errors import BrokenTokenizer

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
    for text in HOSTILE.values():
        assert_contract(mended(kind, special), text)


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
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_writer=written,
        vocab_size=200,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=3,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
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
        threading.Thread(target=server.serve_forever).start()
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
        timeout=15,
    )
    assert run.stderr == ""
    return run.stdout.splitlines()


def test_the_hub(hub: str, tmp_path: Path) -> None:
    answers = {
        "hf:org/repo": "hf:org/repo 2",
        "hf:org/repo@v1": "hf:org/repo@v1 2",
        "hf:org/gated": "org/gated is given on request: ask on its page on the Hub, then set HF_TOKEN",
        "hf:org/none": "org/none is no file, and no repository on the Hub that HF_TOKEN may read",
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
