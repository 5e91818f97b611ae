"""How to add an extra to this very installation: by the tool that made it, from where it came.

Each tool leaves a mark in its environment: `uv tool` a uv-receipt.toml, pipx a pipx_metadata.json; `uvx`
keeps environments in uv's cache, and one that `uv venv` made has no pip. Where a package came from is in its
direct_url.json (PEP 610): until a version is published, uv finds it nowhere else.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

PACKAGE = "tokscope-cli"


def install(extra: str) -> str:
    """Give the command that adds an extra, as this installation was made.

    Example: install("plot") -> "pip install 'tokscope-cli[plot]'"; in pipx "pipx inject tokscope-cli ..."
    """
    home = Path(sys.prefix)
    if (home / "uv-receipt.toml").is_file():
        return _with_uv_tool(home / "uv-receipt.toml", extra)
    if (home / "pipx_metadata.json").is_file():
        return f"pipx inject {shlex.quote(home.name)} {_quoted(extra)}"
    if home.parent.name.startswith("archive-v"):
        return f"uvx --from {_where_from(extra)} tokscope"
    return f"{_installer()} {_quoted(extra)}"


def _quoted(extras: str) -> str:
    return shlex.quote(f"{PACKAGE}[{extras}]")


def _installer() -> str:
    """Name what installs into this environment, whether or not it is the active one."""
    from importlib.util import find_spec
    from shutil import which

    active = os.environ.get("VIRTUAL_ENV") == sys.prefix
    if find_spec("pip") is None:
        return "uv pip install" if active else f"uv pip install --python {shlex.quote(sys.prefix)}"
    ours = Path(which("pip") or "").parent == Path(sys.executable).parent
    return "pip install" if active or ours else f"{shlex.quote(sys.executable)} -m pip install"


def _with_uv_tool(receipt: Path, extra: str) -> str:
    """Name all that the tool has already, since `uv tool install` takes away what it is not told again."""
    import tomllib

    asked = tomllib.loads(receipt.read_text("utf-8"))["tool"]["requirements"]
    own = [each for each in asked if each["name"] == PACKAGE]
    extras = {extra, *(name for each in own for name in each.get("extras", ()))}
    beside = [f"--with {shlex.quote(each['name'])}" for each in asked if each not in own]
    return " ".join(["uv tool install", _where_from(",".join(sorted(extras))), *beside])


def _where_from(extras: str) -> str:
    """Write where this package came from, as an argument of uv: a folder, an address, or its name alone."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        came = json.loads(distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except PackageNotFoundError:  # it runs from its own folder
        came = {}
    url, path = came.get("url", ""), url2pathname(urlsplit(came.get("url", "")).path)
    if "vcs_info" in came:
        revision = came["vcs_info"].get("requested_revision")
        at = f"@{revision}" if revision else ""
        return shlex.quote(f"{PACKAGE}[{extras}] @ {came['vcs_info']['vcs']}+{url}{at}")
    if url.startswith("file:") and os.path.exists(path):
        editable = "--editable " if came.get("dir_info", {}).get("editable") else ""
        return f"{editable}{shlex.quote(f'{path}[{extras}]')}"
    return shlex.quote(f"{PACKAGE}[{extras}] @ {url}") if url.startswith("http") else _quoted(extras)
