"""Output files: whole or not at all, and with the rights that they had."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokscope.errors import OutputError
from tokscope.files.confined import Confined
from tokscope.files.writing import whole_file


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody may write to, as pytest's are not."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def written(path: Path) -> str:
    """Write as somebody whom modes concern: root is not."""
    if os.getuid() == 0:
        os.setresuid(65534, 65534, 65534)
    try:
        with whole_file(str(path)) as file:
            file.write(b"new")
    except OutputError as error:
        return str(error)
    return "written"


@pytest.mark.parametrize("linked", [False, True])
def test_a_file_that_may_not_be_written_is_not_replaced(folder: Path, linked: bool) -> None:
    path = folder / "out"
    path.write_text("old")
    path.chmod(0o444)
    if linked:
        (folder / "link").symlink_to("out")
    name = folder / ("link" if linked else "out")
    assert Confined(lambda: written(name))() == f"{name}: Permission denied"
    assert path.read_text() == "old"
    assert {each.name for each in folder.iterdir()} == ({"out", "link"} if linked else {"out"})


def test_a_file_that_may_be_written_keeps_its_mode(folder: Path) -> None:
    path = folder / "out"
    path.write_text("old")
    path.chmod(0o666)
    assert Confined(lambda: written(path))() == "written"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o666)


def test_what_fails_half_way_leaves_the_old_file(folder: Path) -> None:
    (folder / "out").write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(str(folder / "out")) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert [(each.name, each.read_text()) for each in folder.iterdir()] == [("out", "old")]


def test_a_signal_just_after_the_file_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asks for an end may come before the name of the new file is known to its maker."""
    opened = os.open

    def interrupted(path: str | os.PathLike[str], flags: int, mode: int = 0o777, **more: int) -> int:
        descriptor = opened(path, flags, mode, **more)
        if flags & os.O_CREAT:
            os.close(descriptor)
            raise KeyboardInterrupt
        return descriptor

    monkeypatch.setattr(os, "open", interrupted)
    with pytest.raises(KeyboardInterrupt), whole_file(str(tmp_path / "out")) as file:
        file.write(b"new")
    assert list(tmp_path.iterdir()) == []
