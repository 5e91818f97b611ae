"""Inputs: what the user names becomes Documents, and a Document its text."""

from __future__ import annotations

from tokscope.inputs.decoding import Decoding
from tokscope.inputs.document import Document
from tokscope.inputs.selection import Selection, documents

__all__ = ["Decoding", "Document", "Selection", "documents"]
