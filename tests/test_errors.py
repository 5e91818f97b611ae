"""What errors say, whatever raises them."""

from __future__ import annotations

from typing import Any

import pytest

from tokscope.errors import requirement, similar


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        (None, "'tokscope-cli[pdf]'"),
        ({"url": "file:///src/a%20b", "dir_info": {}}, "'tokscope-cli[pdf] @ file:///src/a%20b'"),
        ({"url": "file:///src", "dir_info": {"editable": True}}, "-e '/src[pdf]'"),
        (
            {"url": "https://example.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "0"}},
            "'tokscope-cli[pdf] @ git+https://example.org/a.git'",
        ),
        ({"url": "file:///a.whl", "archive_info": {}}, "'tokscope-cli[pdf] @ file:///a.whl'"),
    ],
)
def test_an_extra_is_installed_from_where_the_package_came(origin: dict[str, Any] | None, named: str) -> None:
    assert requirement("pdf", origin) == named


@pytest.mark.parametrize(
    ("typed", "known", "like"),
    [
        ("bite", ["byte", "char"], ["byte"]),
        ("opus 5", ["gpt-5", "claude-opus-5", "claude-opus-4"], ["claude-opus-5"]),
        ("5-opus", ["claude-opus-5"], ["claude-opus-5"]),
        ("", ["byte"], []),
        ("??", ["byte", "char"], []),
    ],
)
def test_what_is_similar(typed: str, known: list[str], like: list[str]) -> None:
    assert similar(typed, known)[: len(like) or 1] == like
