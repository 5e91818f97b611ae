"""The baseline as a file: it is written to a regular one or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tokscope.errors import InputError, OutputError
from tokscope.gate.baseline import BASELINE_NAME, Baseline


@pytest.mark.parametrize("kind", ["fifo", "folder", "/dev/null"])
def test_a_baseline_is_only_written_to_a_regular_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / BASELINE_NAME
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
    (tmp_path / BASELINE_NAME).symlink_to("shared.json")
    assert Baseline(tmp_path, {}).write([]) == 0
    assert Baseline.read(tmp_path).tokens == {}
    assert "version" in (tmp_path / "shared.json").read_text()


@pytest.mark.parametrize("tokens", ["9999", 1.5, True, None, [1]])
def test_a_figure_that_is_no_whole_number_lets_nothing_pass(tokens: object, tmp_path: Path) -> None:
    entry = {"path": "a.md", "rule": "max", "tokenizer": "char", "title": "", "tokens": tokens}
    (tmp_path / BASELINE_NAME).write_text(json.dumps({"version": 1, "findings": [entry]}))
    with pytest.raises(InputError, match="not a baseline"):
        Baseline.read(tmp_path)
