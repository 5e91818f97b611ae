"""The version, which reports, man pages and what a corpus is written with name."""

from __future__ import annotations

RELEASE = "0.2.0"
"""As pyproject.toml has it."""
