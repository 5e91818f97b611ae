"""What a file's first bytes and its name say of whether it is a text."""

from __future__ import annotations

import codecs
import os

SNIFFED = 8192
"""How many of a file's first bytes tell what kind of file it is."""

BINARY_SUFFIXES = frozenset(
    {
        *(
            ".png",
            ".jpg",
            ".jpeg",
            ".gif",
            ".bmp",
            ".ico",
            ".webp",
            ".avif",
            ".heic",
            ".tif",
            ".tiff",
            ".psd",
        ),
        *(".mp3", ".wav", ".ogg", ".flac", ".m4a", ".aac", ".opus", ".mp4", ".mov", ".avi", ".mkv", ".webm"),
        *(".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp", ".epub"),
        *(".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".jar", ".whl"),
        *(".woff", ".woff2", ".ttf", ".otf", ".eot", ".exe", ".dll", ".so", ".dylib", ".a", ".o", ".obj"),
        *(".lib", ".class", ".pyc", ".wasm", ".npy", ".npz", ".pt", ".pth", ".onnx", ".safetensors", ".gguf"),
        *(".parquet", ".sqlite", ".db", ".bin"),
    }
)
"""Endings of files that are not text: an empty one is broken, and NUL bytes in one are no surprise."""


def hardly_text(head: bytes) -> bool:
    """Say whether a file that starts with these bytes may be something else than text, or is it surely.

    Example: hardly_text(b"%PDF-1.7") -> True

    Every picture, sound and video starts with bytes that are not UTF-8, or soon has a NUL; a PDF says so.
    """
    return b"\0" in head or head.startswith(b"\xff") or b"%PDF-" in head[:1024]


def columnar(head: bytes) -> str | None:
    """Name the format of a file of columns that starts with these bytes; None for any other file.

    Example: columnar(b"PAR1\\x15\\x04\\x15\\x00") -> "Parquet"
    """
    if b"\0" not in head:
        return None
    starts = {b"PAR1": "Parquet", b"ARROW1\0\0": "Arrow", b"\xff\xff\xff\xff": "Arrow"}
    return next((name for start, name in starts.items() if head.startswith(start)), None)


def wide_encoding(head: bytes) -> str | None:
    """Name the encoding of a text that starts with these bytes, if it is UTF-16 or UTF-32; None for others.

    Example: wide_encoding(b"\\xff\\xfeH\\0") -> "utf-16"; wide_encoding(b"H\\0i\\0!\\0") -> "utf-16-le"
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > max(1, len(head) / 8) and min(even, odd) < len(head) / 80:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def named_binary(path: str) -> bool:
    """Say whether a path ends like one of a file that is not text.

    Example: named_binary("Photo.PNG") -> True
    """
    return os.path.splitext(path)[1].lower() in BINARY_SUFFIXES
