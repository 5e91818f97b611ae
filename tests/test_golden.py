"""The golden run: every command prints, byte for byte, what it printed before.

Each file tests/data/golden/*.txt is a transcript. A line that begins with `$ ` is a case; what it gave stands
below. To add a case, add such a line. To accept what all of them give today, run

    TOKSCOPE_GOLDEN=rewrite pytest -m slow tests/test_golden.py

and read the diff. The lines of a transcript begin with

    $  a case          #  a remark
    >  its stdout      !  its stderr      =  its exit code, unless that is 0
    @  the name of a file that it wrote   +  the content of that file
    ~  what stands in for binary or very long output, or says that the last newline is missing

A case runs in a folder that holds copies of the repository's samples/ and of the golden inputs/. It reads
like a line of shell, but only this much is understood: `A=B tokscope ... < FILE`, or `<<< 'TEXT'`; steps
joined by `&&`, such as `sh FILE && tokscope ...`; and at the end a filter of stdout, `| cut -f 1`. There are
no globs and no variables.

Whatever varies between machines and releases is left out. Filters remove prices (genai-prices updates them),
what zstd makes of a text, tokscope's version, and how matplotlib draws. bench and train neural appear only
with errors; PNGs, Unigram models and TF-IDF matrices not at all, since their last bits depend on the
processor. Archives are shown by their members, since zlib's releases compress differently.
"""

from __future__ import annotations

import difflib
import gc
import hashlib
import importlib
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.serving import become
from tests.support.shell import WARM
from tokscope.cli import Commands

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests/data/golden"
TRANSCRIPTS = sorted(GOLDEN.glob("*.txt"))
REWRITE = os.environ.get("TOKSCOPE_GOLDEN") == "rewrite"

LONG = 20_000
"""Of output with more bytes than this, only the beginning, the length and a hash are kept."""

FOREIGN = ("COLORTERM", "FORCE_COLOR", "GIT", "HF_", "LANG", "LC_", "NO_COLOR", "PY_COLORS")
"""Variables that begin like this, from a terminal, a git hook or a CI service, change what is printed."""

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
    "COLUMNS": "80",
    "TERM": "xterm-256color",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}

COMMANDS = Commands().names


class Bytes(NamedTuple):
    code: int
    out: bytes
    err: bytes


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=WARM, initializer=_warm) as pool:
        yield pool


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden") / "originals"
    shutil.copytree(ROOT / "samples", folder / "samples")
    shutil.copytree(GOLDEN / "inputs", folder / "inputs")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, originals: Path, pool: ProcessPoolExecutor) -> None:
    golden = _blocks(path.read_bytes())
    now = [*pool.map(partial(_shown, originals=originals), [block[0] for block in golden])]
    for place in (originals.parent, ROOT, sys.prefix):
        assert os.fsencode(place) not in b"".join(line for block in now for line in block)
    if REWRITE:
        path.write_bytes(b"".join(line for block in now for line in block))
    elif different := [pair for pair in zip(golden, now, strict=True) if pair[0] != pair[1]]:
        pytest.fail("\n".join(line for pair in different for line in _differences(*pair)), pytrace=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_transcript(name: str) -> None:
    heads = [block[0] for block in _blocks((GOLDEN / f"{name}.txt").read_bytes())]
    command = COMMANDS[name]
    for one in [name] if isinstance(command, str) else [name, *(f"{name} {below}" for below in command)]:
        assert f"$ tokscope {one} --help\n".encode() in heads


def _blocks(transcript: bytes) -> list[list[bytes]]:
    r"""Give the cases and remarks of a transcript, each with the lines below it.

    Example: b"$ a\n> 1\n> 2\n$ b\n" -> [[b"$ a\n", b"> 1\n", b"> 2\n"], [b"$ b\n"]]
    """
    blocks: list[list[bytes]] = []
    for line in transcript.removesuffix(b"\n").split(b"\n"):
        if line.startswith((b"$ ", b"# ")):
            blocks.append([])
        blocks[-1].append(line + b"\n")
    return blocks


def _differences(golden: list[bytes], now: list[bytes]) -> Iterator[str]:
    """Show what differs in one case, whatever a terminal might make of it."""
    yield golden[0].decode().rstrip("\n")
    texts = [
        [ascii(line.decode(errors="backslashreplace"))[1:-1] for line in block[1:]] for block in (golden, now)
    ]
    yield from [*difflib.unified_diff(*texts, lineterm="", n=1)][2:]


# --- in the pool's processes -----------------------------------------------------------------------------


def _warm() -> None:
    os.environ.clear()
    os.environ.update(ENVIRONMENT, OPENBLAS_NUM_THREADS="1")  # a fork would lose numpy's threads
    importlib.import_module("numpy")
    gc.freeze()  # a collection in a fork would copy every page


def _shown(head: bytes, *, originals: Path) -> list[bytes]:
    """Give what a transcript shows of a case today."""
    if not head.startswith(b"$ "):
        return [head]
    folder = originals.with_name(str(os.getpid()))
    if not folder.exists():
        shutil.copytree(originals, folder, copy_function=os.link)  # tokscope replaces files, never edits them
    result = _run(head[2:].decode(), folder)
    shown = [head, *_marked(b"> ", result.out), *_marked(b"! ", result.err)]
    if changed := _files(folder) ^ _original(originals):
        for name in sorted({name for name, *_ in changed if (folder / name).exists()}):
            shown += [b"@ %s\n" % ascii(name)[1:-1].encode(), *_marked(b"+ ", (folder / name).read_bytes())]
        shutil.rmtree(folder)  # an untouched one serves the next case
    return [*shown, *([b"= %d\n" % result.code] if result.code else [])]


def _files(folder: Path) -> set[tuple[str, int, int]]:
    """Identify every file below a folder, except git's own: its name, inode and time."""
    found = set()
    for parent, folders, names in os.walk(folder):
        folders[:] = set(folders) - {".git"}
        for name in names:
            path = f"{parent}/{name}"
            state = os.stat(path)  # noqa: PTH116 - a quarter of the time of Path's
            found.add((path[len(str(folder)) + 1 :], state.st_ino, state.st_mtime_ns))
    return found


_original = cache(_files)


def _run(case: str, folder: Path) -> Bytes:
    """Run a case's steps up to the first that fails; give what they print, and the last exit code."""
    steps, _, pipe = case.strip().partition(" | ")
    out = err = b""
    code = 0
    for step in steps.split(" && "):
        words = shlex.split(step)
        environ = dict(ENVIRONMENT)
        while "=" in words[0]:
            name, _, environ[name] = words.pop(0).partition("=")
        stdin = b""
        if words[-2:-1] in (["<"], ["<<<"]):
            *words, redirection, source = words
            stdin = source.encode() if redirection == "<<<" else (folder / source).read_bytes()
        if words[0] == "tokscope":
            result = _tokscope(words[1:], stdin, environ, folder)
        else:
            done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, check=False)
            result = Bytes(done.returncode, done.stdout, done.stderr)
        out, err, code = out + result.out, err + result.err, result.code
        if code:
            break
    if pipe:
        out = subprocess.run(
            ["sh", "-c", pipe], input=out, cwd=folder, stdout=subprocess.PIPE, check=False
        ).stdout
    return Bytes(code, out, err)


def _tokscope(arguments: list[str], stdin: bytes, environ: Mapping[str, str], cwd: Path) -> Bytes:
    """Run one command line in a fork of this process: a third of what tests.support.shell costs."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        to_read, to_write = os.pipe()
        os.write(to_write, stdin)  # less than a pipe holds
        os.close(to_write)
        child = os.fork()
        if not child:
            signal.alarm(100)
            code = 1
            try:
                become(arguments, to_read, out.fileno(), err.fileno(), environ=environ, cwd=cwd)
            except SystemExit as leaving:
                code = leaving.code if isinstance(leaving.code, int) else 0
            except BaseException:
                os.write(2, traceback.format_exc().encode())
            finally:
                os._exit(code)
        os.close(to_read)
        _, status = os.waitpid(child, 0)
        out.seek(0), err.seek(0)
        return Bytes(os.waitstatus_to_exitcode(status), out.read(), err.read())


def _marked(mark: bytes, data: bytes) -> Iterator[bytes]:
    r"""Give bytes as lines of a transcript.

    Example: b"> ", b"a\nb" -> b"> a\n", b"> b\n", b"~ no newline at the end\n"
    """
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield b"~ %s: %s\n" % (name.encode(), _fingerprint(archive.read(name)))
        return
    if b"\0" in data or data.decode(errors="ignore").encode() != data:
        yield b"~ binary, %s\n" % _fingerprint(data)
        return
    # The hash of a run depends on when its files were written.
    data = re.sub(rb'("run": ")[0-9a-f]{64}', rb"\1...", data)
    *lines, last = data.split(b"\n")
    lines += [last] if last else []
    if len(data) > LONG:
        yield from (b"%s%s\n" % (mark, line[:300].decode(errors="ignore").encode()) for line in lines[:10])
        yield b"~ in all %s\n" % _fingerprint(data)
        return
    yield from (b"%s%s\n" % (mark, line) for line in lines)
    if last:
        yield b"~ no newline at the end\n"


def _fingerprint(data: bytes) -> bytes:
    return b"%d bytes, sha256 %s" % (len(data), hashlib.sha256(data).hexdigest().encode())
