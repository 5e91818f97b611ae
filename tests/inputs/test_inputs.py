"""Inputs: the bytes that were there are the text that comes out, wherever they came from."""

from __future__ import annotations

import codecs
import errno
import io
import os
import pty
import re
import socket
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import ignore  # noqa: F401 - here, and not when it is first needed, which may be as another user
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.support import ROOT
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope.errors import InputError, UsageError
from tokscope.files.compressed import compression
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.inputs import document as module
from tokscope.inputs.binary import SNIFFED
from tokscope.inputs.notebook import Notebooks
from tokscope.text.markdown import markdown_sections

ENCODINGS = [
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "latin-1", "cp1252"),
    *("gb18030", "big5", "shift_jis", "euc-jp", "iso2022_jp", "euc-kr", "koi8-r", "utf-7"),
]


UTF8 = Decoding()


def document_of(data: bytes, decoding: Decoding = UTF8) -> Document:
    """Make a Document that is read block by block, as a file is."""
    return Document("a.txt", decoding, lambda: io.BytesIO(data))


class Found(list[Document]):
    """The Documents of a selection, and what was said on the way."""

    def __init__(self, selection: Selection, decoding: Decoding = UTF8, **options: str) -> None:
        self.errors: list[InputError] = []
        self.skipped: list[str] = []
        super().__init__(
            documents(selection, decoding, report=self.errors.append, skip=self.skipped.append, **options)
        )

    @property
    def paths(self) -> list[str]:
        return [document.path for document in self]

    @property
    def messages(self) -> list[str]:
        return [str(error) for error in self.errors]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plant(root: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


# --- bytes to text


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "utf-16", "latin-1", "cp1252", "gb18030"])
def test_known_encoding(name: str) -> None:
    assert Decoding(name).encoding == name


@pytest.mark.parametrize(
    ("name", "close"),
    [("utf-88", "utf-8"), ("latin1x", "latin1"), ("shift-jiss", "shift-jis"), ("windows-125", "windows-125")],
)
def test_unknown_encoding_names_close_ones(name: str, close: str) -> None:
    with pytest.raises(UsageError, match=f"unknown encoding '{name}': did you mean .*{close}"):
        Decoding(name)


@pytest.mark.parametrize("name", ["", "no such thing", "hex", "rot13", "zlib", "undefined", "utf\x008", "é"])
def test_not_an_encoding_of_text(name: str) -> None:
    with pytest.raises(UsageError, match="unknown encoding"):
        Decoding(name)


def test_unknown_errors() -> None:
    with pytest.raises(UsageError, match="strict or replace"):
        Decoding(errors="surrogateescape")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_comes_back(text: str) -> None:
    document = document_of(text.encode())
    assert document.read() == text
    assert document.bytes_read == len(text.encode())


@settings(deadline=None)
@given(
    data=st.one_of(st.binary(max_size=40), texts.map(str.encode)),
    block=st.integers(1, 9),
    encoding=st.sampled_from(
        ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "latin-1", "cp1252", "utf-8-sig"]
    ),
)
@example("日本\r\n😀".encode(), 1, "utf-8")
@example("😀".encode("utf-16-le"), 1, "utf-16-le")
@example(b"ab\xe6\x97", 2, "utf-8")
def test_blocks_of_any_size_decode_as_the_whole(data: bytes, block: int, encoding: str) -> None:
    assume(compression(data) is None)
    try:
        expected: str | int = data.decode(encoding)
    except UnicodeDecodeError as error:
        expected = error.start
        if encoding == "utf-8-sig" and data.startswith(codecs.BOM_UTF8):
            expected += 3  # CPython counts from after the mark; we count in the file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        try:
            found: str | int | None = document_of(data, Decoding(encoding)).read()
        except InputError as error:
            found = error.offset
        assert found == expected
        assert document_of(data, Decoding(encoding, "replace")).read() == data.decode(encoding, "replace")


@settings(deadline=None)
@given(text=texts, block=st.integers(1, 9), encoding=st.sampled_from(ENCODINGS))
def test_every_encoding_comes_back(text: str, block: int, encoding: str) -> None:
    data = text.encode(encoding, "ignore")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        document = document_of(data, Decoding(encoding))
        assert document.read() == data.decode(encoding)
        assert document.bytes_read == len(data)


def test_blocks_have_one_size_and_cut_no_character() -> None:
    text = "日本語。" * 400_000
    blocks = list(document_of(text.encode()).blocks())
    assert "".join(blocks) == text
    assert {len(block.encode()) for block in blocks[:-1]} <= set(range(module.BLOCK - 3, module.BLOCK + 4))


def test_a_large_file_takes_little_memory(folder: Path) -> None:
    with (folder / "large.txt").open("wb") as file:
        file.truncate(100 << 20)
    (document,) = Found(Selection(["large.txt"]))
    tracemalloc.start()
    try:
        assert sum(map(len, document.blocks())) == document.size == document.bytes_read == 100 << 20
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


BINARY = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0@\0\0\0@\x08\x06\0\0\0\xaaiq\xde"


@pytest.mark.parametrize(
    ("data", "decoding", "message", "offset"),
    [
        (b"ab\xffcd", {}, "not valid UTF-8 at byte 2 (0xFF): try --encoding NAME or --errors replace", 2),
        (b"ab\xffcd", {"encoding": "UTF8"}, "not valid UTF8 at byte 2 (0xFF): try --encoding NAME or", 2),
        (b"caf\xe9 ol\xe9", {}, "not valid UTF-8 at byte 3 (0xE9): try --encoding NAME or --errors", 3),
        (b"cut \xe6\x97", {}, "not valid UTF-8 at byte 4 (0xE6): try", 4),
        (b"surrogate \xed\xa0\x80", {}, "not valid UTF-8 at byte 10 (0xED): try", 10),
        (b"x" * (3 << 20) + b"\xff", {}, f"not valid UTF-8 at byte {3 << 20} (0xFF)", 3 << 20),
        ("Hé".encode("utf-16"), {}, "looks like UTF-16: try --encoding utf-16", 0),
        ("Hé".encode("utf-32"), {}, "looks like UTF-32: try --encoding utf-32", 0),
        ("voilà une idée".encode("utf-16-le"), {}, "looks like UTF-16: try --encoding utf-16-le", 8),
        ("voilà une idée".encode("utf-16-be"), {}, "looks like UTF-16: try --encoding utf-16-be", 9),
        (
            BINARY,
            {},
            "a picture, not text; count, check, fit and diff count it for models that take it",
            None,
        ),
        (BINARY[1:], {}, "not valid UTF-8 at byte 28 (0xAA): looks like a binary file", 28),
        (
            b"a\0b",
            {"encoding": "utf-16-le"},
            "not valid UTF-16-LE at byte 2 (0x62): try another --encoding",
            2,
        ),
        (b"hi\x81", {"encoding": "cp1252"}, "not valid CP1252 at byte 2 (0x81): try another --encoding", 2),
        (b"hi\x81", {"encoding": "gb18030"}, "not valid GB18030 at byte 2 (0x81): try another", 2),
        (
            b"hello",
            {"encoding": "utf-16"},
            "does not start with BOM: try --encoding utf-16-le or utf-16-be",
            None,
        ),
        (b"+2AA-", {"encoding": "utf-7"}, "surrogates not allowed: try another --encoding", None),
    ],
)
def test_bad_bytes(data: bytes, decoding: dict[str, str], message: str, offset: int | None) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        document_of(data, Decoding(**decoding)).read()
    assert caught.value.offset == offset
    assert caught.value.path == "a.txt"


@pytest.mark.parametrize("size", [10, 5000, 300_000])
def test_a_pipe_that_looks_like_no_text_and_is_one_is_read_whole(size: int) -> None:
    text = "\0é" * size
    done = tokscope("count", "-", "-t", "char:codepoint", stdin=text.encode())
    assert done.out == f"{2 * size}\n"


# --- one text by every way in


def run(code: str, *shell: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run Python with the names of tokscope.inputs at hand, and `show`, which reads what it is given.

    `shell` is a command line before it.
    """
    prelude = (
        "import sys; from tokscope.inputs import *\n"
        "def show(*args, **kwargs):\n"
        "    for document in documents(Selection(*args, **kwargs), Decoding(), report=print):\n"
        "        print(document.path, ascii(document.read()), document.bytes_read)\n"
    )
    command = [*shell, sys.executable, "-c", prelude + code]
    return subprocess.run(command, check=False, stdout=-1, stderr=-1, cwd=ROOT, timeout=100, **options)


SAME = ["one\r\ntwo\n", "\ufeffbom", "\rlone\r", "日本語 😀\n", "e\u0301", "<|endoftext|>", "\x1b[31mred"]


@pytest.mark.parametrize("text", SAME)
def test_the_same_bytes_give_the_same_text(text: str, folder: Path) -> None:
    data = text.encode()
    (folder / "file").write_bytes(data)
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(data,), daemon=True)
    writer.start()
    found = Found(Selection(["file", "pipe", "."], [text]))
    assert found.paths == ["--text", "file", "pipe", "file"]
    assert [(document.read(), document.bytes_read) for document in found] == [(text, len(data))] * 4
    assert [document.size for document in found] == [len(data), len(data), None, len(data)]
    writer.join()
    piped = run("show()", input=data)
    assert piped.stdout.decode() == f"- {text!a} {len(data)}\n"


@pytest.mark.parametrize(
    ("selection", "output"),
    [
        ("", "- 'hi' 2\n"),
        ("['-']", "- 'hi' 2\n"),
        ("text=['yo']", "--text 'yo' 2\n"),
        ("['-'], ['yo']", "--text 'yo' 2\n- 'hi' 2\n"),
        ("['/dev/stdin']", "/dev/stdin 'hi' 2\n"),
        ("['/dev/fd/0']", "/dev/fd/0 'hi' 2\n"),
        ("files_from='/dev/null'", ""),
    ],
)
def test_standard_input(selection: str, output: str) -> None:
    assert run(f"show({selection})", input=b"hi").stdout.decode() == output


@pytest.mark.parametrize("selection", ["['-', '-']", "['-'], files_from='-'", "['-'], files0_from='-'"])
def test_standard_input_is_read_once(selection: str) -> None:
    process = run(f"show({selection})", input=b"")
    assert b"-: can be read only once\n" in process.stdout + process.stderr


@pytest.mark.parametrize(
    ("selection", "error"),
    [("", "UsageError: nothing to read: give a file"), ("['-']", "InputError: -: standard input is closed")],
)
def test_closed_standard_input(selection: str, error: str) -> None:
    process = run(f"show({selection})", "bash", "-c", 'exec "$@" <&-', "bash")
    assert error in process.stderr.decode()


def test_a_terminal_is_not_read_unless_asked() -> None:
    mine, its = pty.openpty()
    assert "UsageError: nothing to read" in run("show()", stdin=its).stderr.decode()
    os.write(mine, b"hi\n\x04")  # one Ctrl-D ends it
    assert run("show(['-'])", stdin=its).stdout == b"- 'hi\\n' 3\n"
    os.close(mine)
    os.close(its)


def test_a_pipe_that_does_not_wait_is_not_taken_for_its_end() -> None:
    its, mine = os.pipe()
    os.set_blocking(its, False)
    os.write(mine, b"the first half")
    process = run("show()", stdin=its)
    assert f"InputError: -: {os.strerror(errno.EAGAIN)}" in process.stderr.decode()
    os.close(mine)
    os.close(its)


def test_a_pipe_is_read_once(folder: Path) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(b"hi",), daemon=True)
    writer.start()
    (document,) = Found(Selection(["pipe"]))
    assert document.read() == "hi"
    writer.join()
    with pytest.raises(InputError, match="pipe: can be read only once"):
        document.read()


def test_process_substitution() -> None:
    its, mine = os.pipe()
    os.write(mine, b"a\r\nb")
    os.close(mine)
    assert run(f"show(['/dev/fd/{its}'])", pass_fds=[its]).stdout == f"/dev/fd/{its} 'a\\r\\nb' 4\n".encode()
    os.close(its)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\udcffb", "--text: not valid UTF-8 at byte 1 (0xFF): try --errors replace"),
        ("日\udce6", "--text: not valid UTF-8 at byte 3 (0xE6): try --errors replace"),
        ("ab\ud800", "--text: lone surrogate U+D800 at character 2: no encoding can hold it"),
    ],
)
def test_literal_text_that_is_none(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Document.of_text(text, Decoding()).read()
    assert str(caught.value) == message


def test_literal_text_has_the_encoding_of_the_command_line() -> None:
    assert Document.of_text("é", Decoding("utf-16")).read() == "é"
    assert Document.of_text("a\udcffb", Decoding(errors="replace")).read() == "a\ufffdb"


def test_bytes_of_an_argument_reach_the_error() -> None:
    code = "import sys; from tokscope.inputs import *\nDocument.of_text(sys.argv[1], Decoding()).read()"
    command = [sys.executable.encode(), b"-c", code.encode(), b"ab\xff"]
    process = subprocess.run(command, check=False, capture_output=True, cwd=ROOT, timeout=100)
    assert b"InputError: --text: not valid UTF-8 at byte 2 (0xFF)" in process.stderr


# --- what was named


def test_arguments_keep_their_order_and_folders_are_sorted(folder: Path) -> None:
    plant(folder, {"z": "1", "a": "2", "d/y": "", "d/b/x": "", "d/b.txt": "", "d/B": ""})
    assert Found(Selection(["z", "d", "a", "z"])).paths == ["z", "d/B", "d/b.txt", "d/b/x", "d/y", "a", "z"]


def test_a_file_can_be_read_again(folder: Path) -> None:
    plant(folder, {"a": "one"})
    (document,) = Found(Selection(["a"]))
    assert [document.read(), document.read(), document.read_bytes()] == ["one", "one", b"one"]
    assert document.bytes_read == 3


def test_missing_file_shows_how_to_give_text(folder: Path) -> None:
    plant(folder, {"file": "", "list": "gone\n"})
    found = Found(
        Selection(["Hello world", "file/x", "", "it's", "\udcff", "x" * 5000], files_from="list"),
        command="tokscope split",
    )
    hint = "no such file; if it is the text itself: tokscope split --text"
    assert found.messages == [
        f"Hello world: {hint} 'Hello world'",
        f"file/x: {hint} file/x",
        f"'': {hint} ''",
        f"""it's: {hint} 'it'"'"'s'""",
        rf"\udcff: {hint} '\udcff'",
        f"{'x' * 60}…: {hint} '{'x' * 60}…'",
        "gone: no such file",
    ]


def test_what_is_not_a_path(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket")
        Path("loop").symlink_to("loop")
        found = Found(Selection(["a\0b", "\ud800", "socket", "loop"]))
    assert found == []
    assert found.messages == [
        "a\0b: not a path: embedded null byte",
        r"\ud800: not a path: 'utf-8' codec can't encode character '\ud800' in position 0: surrogates not allowed",  # noqa: E501
        "socket: a socket cannot be read",
        f"loop: {os.strerror(errno.ELOOP)}",
    ]


@pytest.mark.parametrize(
    ("options", "data", "paths"),
    [
        ({"files_from": "list"}, b"b\r\n\na b\nb", ["b", "a b", "b"]),
        ({"files_from": "list"}, b"d\n", ["d/x"]),
        ({"files_from": "list"}, b"", []),
        ({"files0_from": "list"}, b"a b\0n\nl\0\0b", ["a b", "n\nl", "b"]),
        ({"files0_from": "list"}, b"\xff\0", ["\\udcff"]),
        ({"files_from": "list", "paths": ["b"], "text": ["t"]}, b"a b", ["--text", "b", "a b"]),
    ],
)
def test_lists_of_files(folder: Path, options: dict[str, Any], data: bytes, paths: list[str]) -> None:
    plant(folder, {"list": data, "a b": "", "b": "", "n\nl": "", "\udcff": "", "d/x": ""})
    found = Found(Selection(**options))
    assert found.paths == paths
    assert not found.errors


def test_list_of_files_on_standard_input(folder: Path) -> None:
    plant(folder, {"a": "hi", "b": "ho"})
    listed = b"\0".join(os.fsencode(folder / name) for name in "ab")
    process = run("show(files0_from='-')", input=listed)
    assert process.stdout.decode() == f"{folder}/a 'hi' 2\n{folder}/b 'ho' 2\n"


def test_a_missing_list_does_not_stop_the_others(folder: Path) -> None:
    plant(folder, {"a": ""})
    found = Found(Selection(["a"], files_from="gone", files0_from="gone"))
    assert found.paths == ["a"]
    assert found.messages == ["gone: No such file or directory"] * 2


# --- what cannot be read


@pytest.fixture
def no_privileges(folder: Path) -> Iterator[None]:
    """Root may read everything: be nobody for a while."""
    folder.chmod(0o755)
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def locked(folder: Path) -> None:
    plant(folder, {"a": "1", "d/a": "2", "d/locked/x": "3", "d/secret": "4", "d/z": "5", "locked": ""})
    for name in ("d/locked", "d/secret", "locked"):
        (folder / name).chmod(0)


@pytest.mark.usefixtures("locked", "no_privileges")
def test_what_may_not_be_read_does_not_stop_the_others() -> None:
    found = Found(Selection(["d", "d/locked", "d/locked/x", "locked", "a"]))
    assert found.paths == ["d/a", "d/z", "locked", "a"]
    denied = os.strerror(errno.EACCES)
    assert found.messages == [
        f"{path}: {denied}" for path in ("d/locked", "d/secret", "d/locked", "d/locked/x")
    ]
    with pytest.raises(InputError, match=f"locked: {denied}"):
        found[2].read()


def test_what_vanishes_before_it_is_read(folder: Path) -> None:
    plant(folder, {"a": "x", "d/large": "x" * 10_000})
    found = Found(Selection(["a", "d"]))
    Path("a").unlink()
    Path("a").mkdir()
    Path("d/large").unlink()
    for document, reason in zip(found, (errno.EISDIR, errno.ENOENT), strict=True):
        with pytest.raises(InputError, match=os.strerror(reason)):
            document.read()


def test_a_read_that_fails() -> None:
    (document,) = Found(Selection(["/proc/self/mem"]))
    with pytest.raises(InputError, match=f"/proc/self/mem: {os.strerror(errno.EIO)}"):
        document.read()


def test_an_interrupt_is_not_held_up() -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Document("a", Decoding(), Interrupted).read()


# --- what is found in a folder

TREE = {
    ".gitignore": "*.log\n!keep.log\n/build/\nnode_modules\n**/gen/*.py\ndoc?/[a-c]*\n\\#odd\n# no\ntail \n",
    ".git/config": "",
    ".git/info/exclude": "private\n",
    ".github/ci.yml": "",
    ".env": "",
    "#odd": "",
    "a.log": "",
    "a.py": "",
    "build/out": "",
    "docs/alpha": "",
    "docs/delta": "",
    "gen/made.py": "",
    "keep.log": "",
    "node_modules/x.js": "",
    "private": "",
    "src/.gitignore": "!*.log\nsub/\n",
    "src/build/in": "",
    "src/gen/made.py": "",
    "src/gen/made.txt": "",
    "src/s.log": "",
    "src/sub/x": "",
    "tail": "",
    "é ☃/ü": "",
}


def test_gitignore_is_read_as_git_reads_it(folder: Path) -> None:
    plant(folder, {name: content for name, content in TREE.items() if not name.startswith(".git/")})
    subprocess.run(["git", "init", "-q"], check=True)
    plant(folder, {".git/info/exclude": TREE[".git/info/exclude"]})
    listed = subprocess.run(
        ["git", "-c", "core.excludesFile=", "ls-files", "-z", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    expected = sorted(filter(None, listed.stdout.split("\0")))
    assert Found(Selection(["."], hidden=True)).paths == expected
    assert len(expected) == 11


PLAIN = ["a.py", "docs/delta", "keep.log", "src/build/in", "src/gen/made.txt", "src/s.log", "é ☃/ü"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, PLAIN),
        ({"hidden": True}, [".env", ".github/ci.yml", ".gitignore", *PLAIN, "src/.gitignore"]),
        ({"ignore": False}, [name for name in TREE if not name.startswith(".") and "/." not in name]),
        ({"ignore": False, "hidden": True}, [name for name in TREE if not name.startswith(".git/")]),
        ({"include": ["*.py"]}, ["a.py"]),
        ({"include": ["*.py", "*.log"]}, ["a.py", "keep.log", "src/s.log"]),
        ({"include": ["*.{py,log}"]}, ["a.py", "keep.log", "src/s.log"]),
        ({"include": ["/*"]}, ["a.py", "keep.log"]),
        ({"include": ["src/**"]}, ["src/build/in", "src/gen/made.txt", "src/s.log"]),
        ({"include": ["*"]}, PLAIN),
        ({"include": ["*"], "hidden": True, "ignore": False}, [n for n in TREE if not n.startswith(".git/")]),
        ({"include": ["*.nothing"]}, []),
        ({"exclude": ["src"]}, ["a.py", "docs/delta", "keep.log", "é ☃/ü"]),
        ({"exclude": ["src/", "*.log"]}, ["a.py", "docs/delta", "é ☃/ü"]),
        ({"exclude": ["/a.py", "/made.txt", "☃"]}, [name for name in PLAIN if name != "a.py"]),
        ({"exclude": ["*.log"], "include": ["s*"]}, []),
        ({"include": ["*.log"], "exclude": ["keep*"]}, ["src/s.log"]),
    ],
)
@pytest.mark.parametrize("root", [".", "in/there"])
def test_rules(folder: Path, root: str, options: dict[str, Any], expected: list[str]) -> None:
    plant(folder / root, TREE)
    found = Found(Selection([root], **options))
    assert found.paths == sorted(name if root == "." else f"{root}/{name}" for name in expected)
    assert not found.errors


def test_rules_do_not_touch_what_is_named(folder: Path) -> None:
    plant(folder, TREE)
    named = ["a.log", ".env", ".git/config", "keep.log"]
    assert Found(Selection(named, include=["*.py"], exclude=["*.log"])).paths == named
    assert Found(Selection([".github", "node_modules"])).paths == [".github/ci.yml", "node_modules/x.js"]


def test_rules_above_the_folder_hold(folder: Path) -> None:
    plant(
        folder,
        {".gitignore": "*.log", "d/.ignore": "*.tmp", "d/e/a.log": "", "d/e/a.tmp": "", "d/e/a.txt": ""},
    )
    assert Found(Selection(["d/e"])).paths == ["d/e/a.txt"]
    assert Found(Selection(["d/e"], ignore=False)).paths == ["d/e/a.log", "d/e/a.tmp", "d/e/a.txt"]


@pytest.mark.parametrize("options", [{"include": ["[z"]}, {"exclude": ["{a"]}, {"exclude": ["\udcff"]}])
def test_bad_glob(folder: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--include or --exclude: "):
        Found(Selection(["."], **options))


def test_links_and_pipes_are_left_alone(folder: Path) -> None:
    plant(folder, {"d/a": "1", "e/b": "2"})
    Path("d/up").symlink_to("..")
    Path("d/e").symlink_to("../e")
    Path("d/link").symlink_to("a")
    Path("d/broken").symlink_to("nowhere")
    Path("link").symlink_to("e")
    os.mkfifo("d/pipe")
    assert Found(Selection(["d", "link", "d/link"])).paths == ["d/a", "link/b", "d/link"]


@pytest.mark.parametrize(
    ("data", "encoding", "skipped"),
    [
        (b"", "utf-8", False),
        (b"text", "utf-8", False),
        (b"\xff\xfe", "utf-8", False),
        (b"te\0xt", "utf-8", True),
        (b"x" * 8191 + b"\0", "utf-8", True),
        (b"x" * 8192 + b"\0", "utf-8", False),
        (BINARY, "utf-8", True),
        ("Hi".encode("utf-16"), "utf-8", True),
        ("Hi".encode("utf-16"), "utf-16", False),
        ("Hi".encode("utf-32-be"), "UTF_32_BE", False),
    ],
)
def test_binary_files_are_skipped_unless_named(
    folder: Path, data: bytes, encoding: str, skipped: bool
) -> None:
    plant(folder, {"d/file": data})
    found = Found(Selection(["d", "d/file"]), Decoding(encoding))
    assert found.skipped == ["d/file"] * skipped
    assert found.paths == ["d/file"] * (2 - skipped)
    assert all(document.read_bytes() == data for document in found)


SIZE = "print([document.size for document in documents(Selection(), Decoding(), report=print)])"


def test_the_size_of_a_redirected_file_is_known(folder: Path) -> None:
    (folder / "file").write_bytes(b"one two\n")
    with (folder / "file").open("rb") as file:
        assert run(SIZE, stdin=file).stdout == b"[8]\n"
        file.seek(3)  # as a command before it leaves it
        assert run(SIZE, stdin=file).stdout == b"[5]\n"
        file.seek(8)
        assert run(SIZE, stdin=file).stdout == b"[None]\n"
    assert run(SIZE, input=b"one two\n").stdout == b"[None]\n"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
def test_a_file_that_says_it_is_empty_and_is_not(folder: Path) -> None:
    (document,) = Found(Selection(["/proc/self/status"]))
    assert document.size is None
    assert "Pid:" in document.read()


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 8193, 20_000])
def test_walked_files_of_every_size(folder: Path, size: int) -> None:
    plant(folder, {"d/file": "x" * size})
    (document,) = Found(Selection(["d"]))
    assert (document.size, document.read(), document.bytes_read) == (size, "x" * size, size)


def test_names_that_are_not_utf8(folder: Path) -> None:
    plant(folder, {"d/\udcff.txt": "x", "\udcfe/a": "y"})
    found = Found(Selection(["d", "d/\udcff.txt", "\udcfe"]))
    assert found.paths == [r"d/\udcff.txt"] * 2
    assert [document.read() for document in found] == ["x", "x"]
    assert found.messages == [r"\udcfe: its name is not UTF-8: change to this folder and give ."]


# --- sections


def cut(text: str) -> list[tuple[int, int, str, str]]:
    found = [(part.line, part.level, part.title, part.text) for part in markdown_sections(text)]
    assert "".join(part[-1] for part in found) == text
    return found


# The text, and the line, level and title of every section. Most are examples of the CommonMark specification,
# ATX headings and setext headings.
HEADINGS = [
    ("", []),
    ("no heading", [(1, 0, "")]),
    ("\n\n# A", [(1, 0, ""), (3, 1, "A")]),
    ("# A\n\ntext\n## B\n\n### C ###\n", [(1, 1, "A"), (4, 2, "B"), (6, 3, "C")]),
    ("# foo\n## foo\n### foo\n#### foo\n##### foo\n###### foo\n", [(n, n, "foo") for n in range(1, 7)]),
    ("####### foo\n", [(1, 0, "")]),
    ("#5 bolt\n\n#hashtag\n", [(1, 0, "")]),
    ("\\## foo\n", [(1, 0, "")]),
    ("# foo *bar* \\*baz\\*\n", [(1, 1, "foo *bar* \\*baz\\*")]),
    (" ### foo\n  ## foo\n   # foo\n", [(1, 3, "foo"), (2, 2, "foo"), (3, 1, "foo")]),
    ("    # foo\n", [(1, 0, "")]),
    ("foo\n    # bar\n", [(1, 0, "")]),
    ("## foo ##\n  ###   bar    ###\n", [(1, 2, "foo"), (2, 3, "bar")]),
    ("### foo ### b\n", [(1, 3, "foo ### b")]),
    ("## \n#\n### ###\n", [(1, 2, ""), (2, 1, ""), (3, 3, "")]),
    ("Foo *bar*\n=========\n\nFoo *bar*\n---------\n", [(1, 1, "Foo *bar*"), (4, 2, "Foo *bar*")]),
    ("Foo *bar\nbaz*\n====\n", [(1, 1, "Foo *bar baz*")]),
    ("    Foo\n    ---\n\n    Foo\n---\n", [(1, 0, "")]),
    ("`Foo\n----\n`\n", [(1, 2, "`Foo"), ]),
    ("> Foo\n---\n", [(1, 0, "")]),
    ("- Foo\n---\n", [(1, 0, "")]),
    ("- foo\n-----\n", [(1, 0, "")]),
    ("---\nFoo\n---\nBar\n---\nBaz\n", [(1, 0, "front matter"), (4, 2, "Bar")]),
    ("```\n# no\n```\n# yes\n", [(1, 0, ""), (4, 1, "yes")]),
    ("~~~ sh\n# no\n```\n# no\n~~~~\n# yes\n", [(1, 0, ""), (6, 1, "yes")]),
    ("```\n# never closed\n", [(1, 0, "")]),
    ("<!--\n# no\n-->\n# yes\n", [(1, 0, ""), (4, 1, "yes")]),
    ("> # quoted\n\n- # listed\n\n# yes\n", [(1, 0, ""), (5, 1, "yes")]),
    ("---\ntitle: T\n# no heading\n---\n# A\n", [(1, 0, "front matter"), (5, 1, "A")]),
    ("---\r\ntitle: T\r\n---\r\n\r\nB\r\n---\r\nb", [(1, 0, "front matter"), (5, 2, "B")]),
    ("---\ntitle: T\n...\n# A\n", [(1, 0, "front matter"), (4, 1, "A")]),
    ("---\n\n# A\n\n---\n\n# B\n", [(1, 0, ""), (3, 1, "A"), (7, 1, "B")]),
    ("---\nnever: closed\n", [(1, 0, "")]),
    ("\ufeff# A\n", [(1, 0, ""), (1, 1, "A")]),
    ("# A\r\n\r\ntext\r\n# B\r\n", [(1, 1, "A"), (4, 1, "B")]),
    ("# A\rtext\r# B\r", [(1, 1, "A"), (3, 1, "B")]),
    ("# A\x0b\u2028# B\x85# C\n# D\x00\n", [(1, 1, "A # B # C"), (2, 1, "D\ufffd")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), HEADINGS)
def test_sections(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert [part[:3] for part in cut(text)] == expected


_markdown = st.lists(
    st.sampled_from(
        [
            *(
                "# A",
                "## B ##",
                "###### F",
                "#",
                "A",
                "=",
                "===",
                "---",
                "- a",
                "> q",
                "```",
                "~~~",
                "    x",
                "a: b",
            ),
            *(
                "\n",
                "\n",
                "\n",
                "\n\n",
                "\r\n",
                "\r",
                "\t",
                " ",
                "  # in",
                "<!--",
                "-->",
                "\ufeff",
                "\x00",
                "日",
            ),
        ]
    )
).map("".join)


@settings(deadline=None)
@given(text=_markdown)
def test_sections_joined_are_the_text(text: str) -> None:
    newline = re.compile(r"\r\n?|\n")
    before = ""
    for line, level, _, part in cut(text):
        assert part
        assert line == 1 + len(newline.findall(before))
        lines = newline.split(part)
        assert (
            level == 0 or "#" * level in lines[0] or any("=" in under or "-" in under for under in lines[1:])
        )
        before += part


# --- start-up


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    process = run("print(sorted({'ignore', 'markdown_it', 'regex', 'rich'} & set(sys.modules)))")
    assert process.stdout == b"[]\n", process.stderr


# --- looking into a pipe


@pytest.mark.parametrize("size", [0, 5, SNIFFED + 5, module.BLOCK * 2 + 5])
def test_looking_takes_nothing_from_a_pipe(size: int) -> None:
    data = b"x" * size
    left = io.BytesIO(data)
    pipe = Document("-", UTF8, lambda: nullcontext(left), once=True)
    assert pipe.head() == pipe.head() == data[:SNIFFED]
    assert pipe.read_bytes() == data
    with pytest.raises(InputError, match="only once"):
        pipe.read()


@pytest.mark.parametrize("size", [0, 5, module.BLOCK * 2])
def test_looking_for_cells_takes_nothing_from_a_pipe(size: int) -> None:
    data = b'{"cells": []} ' + b"x" * size
    left = io.BytesIO(data)
    pipe = Document("-", Decoding(notebooks=Notebooks), lambda: nullcontext(left), once=True)
    assert pipe.cells is None
    assert pipe.read().encode() == data
    assert pipe.read_bytes() == data


def test_a_list_of_names_is_read_as_git_writes_it(folder: Path) -> None:
    """git ls-files puts a name that is not plain ASCII in quotes, with its bytes in octal."""
    for name in ("café.md", 'a"b.md', "new\nline.md", '"quoted"'):
        Path(name).write_text("Hello")
    listed = b'"caf\\303\\251.md"\n"a\\"b.md"\n"new\\nline.md"\n"quoted"\n'
    done = tokscope("count", "--files-from", "-", "-t", "byte", "--format", "csv", stdin=listed)
    assert (done.code, done.err, done.out.count(",5\n")) == (0, "", 4)
    done = tokscope("count", "-t", "byte", stdin=listed)
    assert done.out == f"{len(listed)}\n"
    assert "taken for a text, is a list of files: --files-from - reads these" in done.err
