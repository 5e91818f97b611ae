"""The walk beside a check in a large repository: the same answers as without, no failure in silence."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.repository import git, rules, words, write
from tokscope.cli import run
from tokscope.errors import InputError, Problem, UsageError
from tokscope.files import forked
from tokscope.gate import ahead
from tokscope.inputs import Selection

pytestmark = pytest.mark.skipif(forked.processes() == 1, reason="one process at a time runs here")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    files = {"prompts/ok.md": words(2), "prompts/over.md": words(9), "prompts/a/b.md": words(3)}
    write(tmp_path, {"tokscope.toml": rules('paths = ["prompts/**"]\nmax = 5'), **files})
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    write(tmp_path, {"prompts/ok.md": words(4), "prompts/new.md": words(7), "prompts/bad.md": b"caf\xe9"})
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Make every repository a large one, and hear of each walk that starts beside."""
    found: list[object] = []

    class Heard(forked.Beside[tuple[set[str], list[InputError]]]):
        def __enter__(self) -> forked.Beside[tuple[set[str], list[InputError]]]:
            found.append(self)
            return super().__enter__()

    monkeypatch.setattr(ahead, "LARGE_INDEX", 0)
    monkeypatch.setattr(ahead, "Beside", Heard)
    return found


@pytest.mark.parametrize("pattern", [None, "*.md", "over*"])
def test_a_walk_beside_finds_the_same(
    pattern: str | None, repository: Path, started: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(repository)
    selection = Selection([folder], exclude=[pattern] if pattern else [])

    def find() -> set[str]:
        with ahead.Ahead(folder, selection) as walk:
            return walk(folder, selection, lambda error: pytest.fail(str(error)))

    beside = find()
    assert len(started) == 1
    monkeypatch.setattr(ahead, "LARGE_INDEX", 1 << 40)
    assert find() == beside
    assert len(started) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--base HEAD",
        "prompts",
        "prompts --base HEAD",
        "prompts --budget 5",
        "prompts/ok.md prompts/a",
        "-x a",
    ],
)
def test_a_check_with_a_walk_beside_finds_the_same(
    arguments: str,
    repository: Path,
    started: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repository)

    def checked() -> tuple[int, str, str]:
        code = run(["check", *arguments.split(), "--format", "json"])
        return (code, *capsys.readouterr())

    beside = checked()
    walked = len(started)
    assert walked == (arguments != "-x a")
    monkeypatch.setattr(ahead, "LARGE_INDEX", 1 << 40)
    assert checked() == beside
    assert len(started) == walked


@pytest.mark.parametrize("where", ["", "prompts", "link"])
def test_a_fresh_clone_needs_no_walk(
    where: str, repository: Path, started: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    write(repository, {"prompts/.ignore": b"over.md\n", "prompts/a/.git": b"nobody's"})
    (repository / "link").symlink_to("prompts")
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    (repository / "prompts/ok.md").unlink()
    folder = where or os.curdir
    selection = Selection([folder], hidden=True)

    def find(selection: Selection) -> set[str]:
        with ahead.Ahead(folder, selection) as walk:
            found = walk(folder, selection, lambda error: pytest.fail(str(error)))
        return {path for path in found if not Path(path).is_dir() or Path(path).is_symlink()}

    assert find(selection) == find(selection._replace(ignore=False, exclude=["nothing"]))
    write(repository, {"prompts/a/untracked.md": words(2)})
    assert find(selection) == find(selection._replace(exclude=["nothing"]))
    assert len(started) == 4


def test_a_walk_that_fails_beside_is_not_silent(
    repository: Path, started: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()

    def raises(folder: str, selection: Selection, report: Problem) -> set[str]:
        raise UsageError("no such pattern")

    def reports(folder: str, selection: Selection, report: Problem) -> set[str]:
        report(InputError("prompts/a", "Permission denied"))
        return {"prompts/ok.md"}

    def dies(folder: str, selection: Selection, report: Problem) -> set[str]:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"found here"}

    folder, told = str(repository), list[str]()
    everything = Selection([folder])

    def find() -> set[str]:
        with ahead.Ahead(folder, everything) as walk:
            return walk(folder, everything, lambda error: told.append(str(error)))

    monkeypatch.setattr(ahead, "walk", raises)
    with pytest.raises(UsageError, match="no such pattern"):
        find()
    monkeypatch.setattr(ahead, "walk", reports)
    assert (find(), told) == ({"prompts/ok.md"}, ["prompts/a: Permission denied"])
    monkeypatch.setattr(ahead, "walk", dies)
    assert find() == {"found here"}
    assert len(started) == 3
