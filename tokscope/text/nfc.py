"""NFC: where the bytes of a normalised text stood before."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def offsets_before_nfc(text: str, offsets: Iterable[int]) -> list[int]:
    """Translate ascending byte offsets into the NFC form of `text` to byte offsets into `text`.

    Example: offsets_before_nfc("e\u0301!", [0, 2, 3]) -> [0, 3, 4]

    The text is cut before every character that NFC never joins with what comes before it, so that each
    segment is normalised by itself. An offset inside a segment that changed has no true counterpart; it is
    given the same distance from the segment's start, within the segment.
    """
    import regex

    source_at = normal_at = 0
    segments = []
    for segment in regex.findall(r"(?s).[^\p{NFC_Quick_Check=Yes}--\P{ccc=0}]*", text, regex.V1):
        normal = unicodedata.normalize("NFC", segment)
        size, normal_size = len(segment.encode()), len(normal.encode())
        segments.append((normal_at, source_at, size))
        normal_at, source_at = normal_at + normal_size, source_at + size
    segments.append((normal_at, source_at, 0))
    translated, i = [], 0
    for offset in offsets:
        while i + 1 < len(segments) and segments[i + 1][0] <= offset:
            i += 1
        start, source_start, size = segments[i]
        translated.append(source_start + min(offset - start, size))
    return translated
