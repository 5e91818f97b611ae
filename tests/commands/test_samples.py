"""`tokscope samples` writes what the manual's examples read."""

from __future__ import annotations

from pathlib import Path

from tests.support import ROOT
from tests.support.shell import tokscope


def test_the_samples_are_those_of_the_repository(tmp_path: Path) -> None:
    assert tokscope("samples", cwd=tmp_path).code == 0
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"samples/english.txt", "samples/medical/notes.txt"} <= written
    assert all((tmp_path / name).read_bytes() == (ROOT / name).read_bytes() for name in written)
    assert not any(name.endswith(".svg") for name in written)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/english.txt").write_text("mine")
    ran = tokscope("samples", "texts", cwd=tmp_path)
    assert (ran.code, ran.err) == (2, "tokscope: texts/english.txt already exists: name another folder\n")
    assert [path.name for path in (tmp_path / "texts").iterdir()] == ["english.txt"]


def test_no_terminal_obeys_a_folders_name(tmp_path: Path) -> None:
    ran = tokscope("samples", "\x1b]0;title\x07", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert not {"\x1b", "\x07"} & set(ran.out)
