"""The version, as reports, man pages and the manifests of corpora name it."""

from __future__ import annotations

RELEASE = "0.2.0"
"""As pyproject.toml has it."""
