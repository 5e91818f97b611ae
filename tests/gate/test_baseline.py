"""The baseline as a file: it is written to a regular one or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tokscope.errors import OutputError
from tokscope.gate.baseline import NAME, Baseline


@pytest.mark.parametrize("kind", ["fifo", "folder", "/dev/null"])
def test_a_baseline_is_only_written_to_a_regular_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    if kind == "fifo":
        os.mkfifo(path)  # which would wait for a reader
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(kind)
    with pytest.raises(OutputError, match="not a regular file; remove it"):
        Baseline(tmp_path, {}).write([])


def test_a_baseline_is_written_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "shared.json").write_text("{}")
    (tmp_path / NAME).symlink_to("shared.json")
    assert Baseline(tmp_path, {}).write([]) == 0
    assert Baseline.read(tmp_path).tokens == {}
    assert "version" in (tmp_path / "shared.json").read_text()
