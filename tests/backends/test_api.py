"""`api:` and `server:` against a server of the tests, which speaks each protocol, and breaks it."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from gzip import compress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.support.contract import assert_contract
from tests.support.shell import tokscope
from tokscope import load
from tokscope.errors import TokenizerError, Unanswered, Unsupported, UsageError
from tokscope.files import asking

KEY = "sk-very-secret"

BOMB = compress(b" " * 5_000_000)


class Handler(BaseHTTPRequestHandler):
    """Answers as `mode` says; keeps what it was asked."""

    mode: ClassVar[str] = "llama.cpp"
    faults: ClassVar[list[int]] = []
    asked: ClassVar[list[tuple[str, dict[str, str], Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).asked.append((self.path, {key.lower(): one for key, one in self.headers.items()}, body))
        if self.faults:
            status = type(self).faults.pop(0)
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        if self.mode == "hang":
            time.sleep(3)
        if self.mode == "a byte now and then":  # each of them in time
            for _ in range(12):
                self.wfile.write(b"H")
                time.sleep(0.06)
            return
        if self.mode == "moved":
            self.send_response(302)
            self.send_header("location", "http://elsewhere.test/")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        data = {
            "garbage": b"<html>no",
            "empty": b"{}",
            "deep": b"[" * 200_000,
            "digits": b"9" * 9000,
            "a yes": b'{"tokens": [{"id": true, "piece": "a"}]}',
            "a number for a piece": b'{"tokens": [{"id": 1, "piece": 1000000000000}]}',
            "an id of 4,000 digits": b'{"tokens": [' + b"9" * 4000 + b"]}",
            "a million tokens": b'{"tokens": [' + b"1, " * 300_000 + b"1]}",
            "a bomb": BOMB,
            "more than anything": b'{"input_tokens": ' + b"9" * 4000 + b"}",
            "fewer than it adds": b'{"input_tokens": 2}',
        }.get(self.mode)
        if data is None:
            data = json.dumps(self.answer(body)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        if self.mode == "a bomb":
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        self.wfile.write(data)

    def answer(self, body: Any) -> object:
        if "count_tokens" in self.path:
            return {"input_tokens": len(body["messages"][0]["content"].split()) + 6}
        if "countTokens" in self.path:
            return {"totalTokens": len(body["contents"][0]["parts"][0]["text"].split())}
        text = body["content"]
        if self.mode == "llama.cpp":
            return {
                "tokens": [
                    {"id": byte, "piece": chr(byte) if byte < 128 else [byte]} for byte in text.encode()
                ]
            }
        if self.mode == "llama.cpp without pieces":
            return {"tokens": list(text.encode())}
        if self.mode == "vLLM":
            words = text.replace(" ", " Ġ").split(" ")
            return {
                "count": len(words),
                "tokens": [*range(len(words))],
                "token_strs": words,
                "max_model_len": 1,
            }
        if self.mode == "a wrong count":
            return {"count": 9, "tokens": [1]}
        return [
            [
                {"id": ord(char), "text": char, "special": False, "start": i, "stop": i + 1}
                for i, char in enumerate(text)
            ]
        ]

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setattr(Handler, "mode", "llama.cpp")
    monkeypatch.setattr(Handler, "faults", [])
    monkeypatch.setattr(Handler, "asked", [])
    monkeypatch.setattr(asking, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(asking, "_FAILED", {})
    monkeypatch.setattr(asking.CONSENT, "given", False)
    monkeypatch.setattr(asking.CONSENT, "_spent", 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    for name in ("ANTHROPIC", "GOOGLE_GEMINI"):
        monkeypatch.setenv(f"{name}_BASE_URL", base)
    for name in ("ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    yield base
    server.shutdown()


@pytest.mark.parametrize("mode", ["llama.cpp", "vLLM", "TEI"])
def test_each_servers_tokens(served: str, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr(Handler, "mode", mode)
    found = load(f"server:{served}/org/model")
    for text in ("Hello world", "a") if mode == "vLLM" else ("Hello é日😀", "a\n", ""):
        split = assert_contract(found, text)
        assert split.ids is not None
        assert b"".join(token.data for token in split) == text.encode()
    path, _, body = Handler.asked[-1]
    assert (path, body["model"], body["add_special"]) == ("/tokenize", "org/model", False)


def test_a_server_without_pieces_counts(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "mode", "llama.cpp without pieces")
    found = load(f"server:{served}")
    assert found.count("abc") == 3
    with pytest.raises(Unsupported, match="count works"):
        found.encode("abc")


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("hang", "no answer in 0.2 seconds"),
        ("a byte now and then", "no answer in 0.2 seconds"),
        ("moved", "HTTP status 302"),
        ("garbage", "not JSON"),
        ("deep", "not JSON"),
        ("digits", "not JSON"),
        ("a yes", "neither llama.cpp, vLLM nor TEI"),
        ("a number for a piece", "neither llama.cpp, vLLM nor TEI"),
        ("an id of 4,000 digits", "neither llama.cpp, vLLM nor TEI"),
        ("a million tokens", "neither llama.cpp, vLLM nor TEI"),
        ("a bomb", "gives an endless answer"),
        ("empty", "neither llama.cpp, vLLM nor TEI"),
        ("a wrong count", "neither llama.cpp, vLLM nor TEI"),
    ],
)
def test_a_server_that_answers_something_else(
    served: str, monkeypatch: pytest.MonkeyPatch, mode: str, says: str
) -> None:
    monkeypatch.setattr(Handler, "mode", mode)
    if says == "no answer in 0.2 seconds":
        monkeypatch.setattr(asking, "SECONDS", 0.2)
    with pytest.raises(Unanswered, match=says) as refused:
        load(f"server:{served}").count("a secret text")
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("mode", ["more than anything", "fewer than it adds"])
def test_a_count_that_a_text_cannot_have(
    served: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: str
) -> None:
    monkeypatch.setattr(Handler, "mode", mode)
    with pytest.raises(Unanswered, match="this text cannot have"):
        load("api:claude-opus-5-5").count("Hello")
    assert not [*(tmp_path / "cache").rglob("*")]


@pytest.mark.parametrize(
    ("faults", "asked", "count"), [([429, 520], 3, 2), ([503], 2, 2), ([500] * 3, 3, None), ([401], 1, None)]
)
def test_a_busy_api_is_asked_again(served: str, faults: list[int], asked: int, count: int | None) -> None:
    Handler.faults.extend(faults)
    found = load("api:claude-opus-5-5")
    if count is None:
        with pytest.raises(Unanswered, match=f"HTTP status {faults[-1]}") as refused:
            found.count("Hello world")
        assert KEY not in f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"
    else:
        assert found.count("Hello world") == count
    assert len(Handler.asked) == asked


@pytest.mark.parametrize(
    ("mode", "faults", "times"),
    [("garbage", [], 1), ("llama.cpp", [401] * 9, 1), ("llama.cpp", [500] * 20, 5)],
)
def test_what_failed_is_asked_once(
    served: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: str, faults: list[int], times: int
) -> None:
    """And one text that is to blame does not keep the others from being counted."""
    monkeypatch.setattr(Handler, "mode", mode)
    Handler.faults.extend(faults)
    for name in "abc":
        (tmp_path / name).write_text(name * 9)
    command = "count", *(tmp_path / name for name in "abc"), "-t", f"server:{served}"
    done = tokscope(*command)
    assert (done.code, done.err.count("the server at 127.0.0.1 answers with")) == (2, 3)
    assert set(Counter(body["content"] for _, _, body in Handler.asked).values()) == {times}
    monkeypatch.setattr(Handler, "mode", "llama.cpp")
    Handler.faults[:] = [400]
    one_left = tokscope(*command)
    counted = re.findall(r"(?m)^\s*9\b", one_left.out)
    assert (one_left.code, len(counted), one_left.err.count("HTTP status 400")) == (2, 2, 1)


@pytest.mark.parametrize(
    ("model", "path", "header"),
    [
        ("claude-opus-5-5", "/v1/messages/count_tokens", "x-api-key"),
        ("anthropic/claude-opus-5-5", "/v1/messages/count_tokens", "x-api-key"),
        ("gemini-3.8-flash", "/v1beta/models/gemini-3.8-flash:countTokens", "x-goog-api-key"),
    ],
)
def test_the_makers_apis(served: str, tmp_path: Path, model: str, path: str, header: str) -> None:
    found = load(f"api:{model}")
    assert [found.count(text) for text in ("Hello big world", "Hello big world", "")] == [3, 3, 0]
    assert len(Handler.asked) == 1  # the second answer is the cache's
    assert (Handler.asked[0][0], Handler.asked[0][1][header]) == (path, KEY)
    kept = [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    assert [file.read_text() for file in kept] == ["3"]
    with pytest.raises(Unsupported):
        found.encode("Hello")


def test_many_texts_are_asked_about_at_a_time(served: str, tmp_path: Path) -> None:
    found = load("api:claude-opus-5-5")
    texts = [*(f"text {i} " * i for i in range(12)), "text 3 " * 3]
    assert found.count_all(texts) == [2 * i for i in (*range(12), 3)]
    assert len(Handler.asked) == 11  # one is empty, one comes twice
    served_tokens = load(f"server:{served}").count_all(["a", "bc", ""])
    assert served_tokens == [1, 2, 0]
    Handler.faults.extend([401] * 3)
    with pytest.raises(Unanswered, match="401"):
        found.count_all([f"other {i}" for i in range(9)])


def test_the_cache_keeps_numbers_alone(served: str, tmp_path: Path) -> None:
    found = load("api:claude-opus-5-5")
    assert found.count("Hello world") == 2
    (kept,) = [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    for written in ("-3", "", "2\n2", "9" * 400, "two"):
        kept.write_text(written)
        assert found.count("Hello world") == 2
        assert kept.read_text() == "2"


def test_nothing_is_sent_before_it_is_asked_for(served: str) -> None:
    for name in ("claude-opus-5-5", "gemini-3.8-flash", "gpt-4o"):
        load(name).count("Hello")
    load("api:claude-opus-5-5")
    assert not Handler.asked


def test_much_text_needs_a_yes(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://anthropic.test:1")
    found = load("api:claude-opus-5-5")
    with pytest.raises(UsageError, match="add --yes"):
        found.count("x" * 1_000_001)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", served)
    assert load("api:claude-opus-5-5").count("x" * 1_000_001) == 1  # it stays on this machine
    assert "--yes" in tokscope("count", "--help").out


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("server:http://127.0.0.1:1/m", Unanswered, "cannot be reached"),
        ("server:ftp://x", UsageError, "name a server like"),
        ("server:http://x:port", UsageError, "name a server like"),
        ("server:nonsense", UsageError, "name a server like"),
        ("server:http://me:word@127.0.0.1", UsageError, "no user and password"),
        ("api:gpt-4o", UsageError, "only the APIs of claude"),
    ],
)
def test_what_cannot_be_asked(served: str, spec: str, error: type[TokenizerError], says: str) -> None:
    with pytest.raises(error, match=says) as refused:
        load(spec).count("a")
    assert "word" not in str(refused.value) or "password" in str(refused.value)


def test_tls_that_is_refused(served: str, tmp_path: Path) -> None:
    with pytest.raises(Unanswered, match=r"TLS fails.*is it http:"):
        load(f"server:{served.replace('http:', 'https:')}").count("a")
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-subj", "/CN=127.0.0.1", "-keyout", "own.key", "-out", "own.pem"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "own.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with pytest.raises(Unanswered, match="its certificate is not trusted"):
        load(f"server:https://127.0.0.1:{server.server_port}").count("a")
    assert not Handler.asked
    server.shutdown()


def test_without_a_key(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(UsageError, match="set ANTHROPIC_API_KEY"):
        load("api:claude-opus-5-5")


@pytest.mark.parametrize(
    ("model", "exact", "added", "low", "high"),
    [
        ("claude-opus-5-5", False, 6, 0, 2),
        ("claude-opus-5", True, 6, 2, 2),
        ("gemini-3.8-flash", True, 0, 2, 2),
    ],
)
def test_what_the_api_adds_is_said(
    served: str, model: str, exact: bool, added: int, low: int, high: int
) -> None:
    done = tokscope("count", "-x", "Hello world", "-t", f"api:{model}", "--format", "json")
    (row,) = json.loads(done.out)["results"]
    assert (row["tokens"], row["exact"], row.get("added", 0)) == (2, exact, added)
    assert (row.get("low", 2), row.get("high", 2)) == (low, high)
    said = tokscope("verify", "-t", model, "-x", "Hello world", "--format", "table")
    assert (f"API-{added}" in said.out) == bool(added)
    for one in (done, said):
        words = " ".join((one.out + one.err).split())
        assert (f"the {added} tokens that it adds around the text are taken off" in words) == bool(added)


def test_verify(served: str, tmp_path: Path) -> None:
    (folder := tmp_path / "texts").mkdir()
    (folder / "program.bin").write_bytes(b"\x7fELF\0\0\0\x01")
    texts = ("-x", "Hello world", "-x", "a " * 500)
    done = tokscope("verify", "-t", "claude-opus-5-5", *texts, folder, "--format", "json")
    assert "tokscope: 1 binary file skipped" in done.err
    payload = json.loads(done.out)
    assert [row["api"] for row in payload["results"]] == [2, 500]
    first, second = payload["results"]
    for row in payload["results"]:
        assert row["holds"] == (row["low"] <= row["api"] <= row["high"])
    assert first["holds"] or find_spec("ctok")  # which knows that two words are more than these 2
    assert done.code == (0 if second["holds"] else 1)
    assert KEY not in done.out + done.err
    Handler.faults.extend([401])
    broken = tokscope("verify", "-t", "claude-opus-5-5", "-x", "other text")
    assert broken.code == 2
    assert KEY not in broken.out + broken.err
