"""Inputs: what the user names becomes Documents, and a Document its text, its sections or its records."""

from __future__ import annotations

from tokscope.inputs.document import Decoding, Document
from tokscope.inputs.parts import Section, front_matter, records, sections
from tokscope.inputs.selection import Selection, documents

__all__ = ["Decoding", "Document", "Section", "Selection", "documents", "front_matter", "records", "sections"]
