"""The command that an error names for an extra, in environments as pip, uv and pipx make them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tokscope.extras import install

FOLDER = {"url": "file://{clone}", "dir_info": {}}
EDITABLE = {"url": "file://{clone}", "dir_info": {"editable": True}}
GONE = {"url": "file:///nowhere/at/all", "dir_info": {}}
GIT = {"url": "https://example.org/t.git", "vcs_info": {"vcs": "git", "commit_id": "ab12"}}
BRANCH = GIT | {"vcs_info": {"vcs": "git", "commit_id": "ab12", "requested_revision": "v1"}}
WHEEL = {"url": "https://example.org/t-1-py3-none-any.whl", "archive_info": {}}

ALONE = '[tool]\nrequirements = [{ name = "tokscope-cli", directory = "somewhere" }]\n'
MORE = """[tool]
requirements = [
    { name = "tokscope-cli", extras = ["stats", "chat"] },
    { name = "ruff", specifier = ">=0.9" },
]
"""


@pytest.mark.parametrize(
    ("prefix", "marks", "came", "command"),
    [
        ("tools/t", {"uv-receipt.toml": ALONE}, {}, "uv tool install 'tokscope-cli[pdf]'"),
        ("tools/t", {"uv-receipt.toml": ALONE}, FOLDER, "uv tool install '{clone}[pdf]'"),
        ("tools/t", {"uv-receipt.toml": ALONE}, EDITABLE, "uv tool install --editable '{clone}[pdf]'"),
        ("tools/t", {"uv-receipt.toml": ALONE}, GONE, "uv tool install 'tokscope-cli[pdf]'"),
        (
            *("tools/t", {"uv-receipt.toml": MORE}, FOLDER),
            "uv tool install '{clone}[chat,pdf,stats]' --with ruff",
        ),
        (
            *("tools/t", {"uv-receipt.toml": ALONE}, GIT),
            "uv tool install 'tokscope-cli[pdf] @ git+https://example.org/t.git'",
        ),
        (
            *("tools/t", {"uv-receipt.toml": ALONE}, BRANCH),
            "uv tool install 'tokscope-cli[pdf] @ git+https://example.org/t.git@v1'",
        ),
        (
            *("tools/t", {"uv-receipt.toml": ALONE}, WHEEL),
            "uv tool install 'tokscope-cli[pdf] @ https://example.org/t-1-py3-none-any.whl'",
        ),
        ("venvs/t-1", {"pipx_metadata.json": "{}"}, FOLDER, "pipx inject t-1 'tokscope-cli[pdf]'"),
        ("cache/archive-v0/x", {}, FOLDER, "uvx --from '{clone}[pdf]' tokscope"),
        ("active", {}, FOLDER, "pip install 'tokscope-cli[pdf]'"),
    ],
)
def test_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    prefix: str,
    marks: dict[str, str],
    came: dict[str, object],
    command: str,
) -> None:
    clone, home = tmp_path / "my clone", tmp_path / prefix
    metadata = tmp_path / "site/tokscope_cli-0.2.0.dist-info"
    for folder in (clone, home, metadata):
        folder.mkdir(parents=True)
    for name, content in marks.items():
        (home / name).write_text(content)
    (metadata / "METADATA").write_text("Metadata-Version: 2.4\nName: tokscope-cli\nVersion: 0.2.0\n")
    written = json.dumps(came).replace("{clone}", str(clone).replace(" ", "%20"))
    (metadata / "direct_url.json").write_text(written)
    monkeypatch.syspath_prepend(metadata.parent)
    monkeypatch.setattr(sys, "prefix", str(home))
    monkeypatch.setenv("VIRTUAL_ENV", str(home))
    assert install("pdf") == command.replace("{clone}", str(clone))


def test_an_environment_that_is_not_active_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert install("pdf") == f"{sys.executable} -m pip install 'tokscope-cli[pdf]'"
