"""Reading TOML that somebody else wrote."""

from __future__ import annotations

import re
from typing import Any

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DEEP = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART}){{100}}", re.ASCII)


def parse_toml(text: str) -> dict[str, Any]:
    """Read a text of TOML.

    Example: parse_toml("a.b = 1") -> {"a": {"b": 1}}

    Raises ValueError, of which tomllib's own error is one. tomllib keeps every beginning of a dotted key: one
    of 30,000 parts takes gigabytes, so that keys of more than 100 parts are refused.
    """
    import tomllib

    if text.count(".") > 100 and (found := _DEEP.search(text)):
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"line {line}: a key of more than 100 parts")
    return tomllib.loads(text)
