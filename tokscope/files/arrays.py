"""The arrays of a foreign .npz: a zip of .npy files, read where they lie unless they are compressed.

The formats: APPNOTE.TXT of PKWARE for the zip, numpy.lib.format for what is in it. An array of Python objects
is never read, since reading one may run code.
"""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from tokscope.errors import BrokenTokenizer
from tokscope.files.npz import UNREADABLE, array_header
from tokscope.files.stored import Stored, mapped

if TYPE_CHECKING:
    import mmap

SWELLING = 100
"""How many times as large as the file its arrays may be."""

_LOCAL = struct.Struct("<26xHH")  # how long the name and the extra field are that come before the bytes

_TYPE_NAMES = {
    "<f8": "F64",
    "<f4": "F32",
    "<f2": "F16",
    "<i8": "I64",
    "<i4": "I32",
    "<i2": "I16",
    "|i1": "I8",
    "<u8": "U64",
    "<u4": "U32",
    "<u2": "U16",
    "|u1": "U8",
    "|b1": "BOOL",
}


def read_arrays(path: str | Path) -> dict[str, Stored]:
    """Give the arrays of a file by name.

    Example: read_arrays("vectors.npz")["embeddings"].shape -> (32000, 256)

    Raises BrokenTokenizer for a file that is cut off, damaged, or no .npz.
    """
    data = mapped(path)
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
            if sum(one.file_size for one in members) > SWELLING * len(data) + (1 << 20):
                raise BrokenTokenizer(f"{path}: claims to hold more than {SWELLING} times its size")
            return {
                name: _array_bytes(archive, one, data, name)
                for one, name in zip(members, _array_names(members), strict=True)
            }
    except UNREADABLE as error:
        raise BrokenTokenizer(f"{path}: damaged, or not an .npz of arrays; fetch it again") from error


def _array_names(members: list[ZipInfo]) -> list[str]:
    return [one.filename.removesuffix(".npy") for one in members]


def _array_bytes(archive: ZipFile, member: ZipInfo, data: mmap.mmap, name: str) -> Stored:
    """Find the bytes of an array, in the file's memory or unpacked."""
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise ValueError(name)
    with archive.open(member) as file:
        shape, by_columns, dtype = array_header(file)
        start = file.tell()
        if dtype.hasobject or start + prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(name)
        kind = _TYPE_NAMES.get(dtype.str, dtype.str) + (
            " by columns" if by_columns and len(shape) > 1 else ""
        )
        if member.compress_type == ZIP_DEFLATED:
            return Stored(name, kind, shape, file.read(), 0)
    before = member.header_offset + 30 + sum(_LOCAL.unpack_from(data, member.header_offset))
    if before + member.file_size > len(data):
        raise ValueError(name)
    return Stored(name, kind, shape, data, before + start)
