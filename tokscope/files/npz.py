"""Model files: arrays and what describes them, as an .npz: data, never code."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from math import prod
from tokenize import TokenError
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import read_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

SWELLING = 100
"""How many times as large as the file the arrays may be: those that we write are 5 times as large at most."""

UNREADABLE = (
    *(
        ValueError,
        KeyError,
        EOFError,
        TypeError,
        AttributeError,
        RuntimeError,
        RecursionError,
        SyntaxError,
        OSError,
    ),
    *(MemoryError, OverflowError, BadZipFile, ZlibError, TokenError),
)
"""What numpy and zipfile raise for archives that are damaged, encrypted, or of other things than arrays."""


def save_model(
    file: BinaryIO, format: str, header: Mapping[str, object], arrays: Mapping[str, Any], version: int = 1
) -> None:
    """Write a model: the same bytes for the same content.

    Example: save_model(file, "tokscope byte n-grams", {"order": 7}, {"codes": codes})

    `version` is of what files of this format hold; raise it when older ones can no longer be read.
    """
    import numpy as np

    stamped = json.dumps({"format": format, "version": version, **header}).encode()
    whole = io.BytesIO()  # an archive is written back and forth, which a pipe cannot
    np.savez_compressed(whole, header=np.frombuffer(stamped, np.uint8), **arrays)
    file.write(whole.getvalue())


def load_model(
    path: str, format: str, version: int = 1
) -> tuple[Mapping[str, object], Mapping[str, NDArray[Any]]]:
    """Read the header and the arrays that save_model() wrote.

    Example: header, arrays = load_model("model.npz", "tokscope byte n-grams")

    What they hold is for the caller to check. Raises BrokenTokenizer for what is no such file, one of another
    format or one of another version, and before anything is unpacked for one that claims more than it can be.
    """
    data = read_bytes(path)
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > SWELLING * len(data) + (1 << 20):
                raise BrokenTokenizer(f"{path}: claims to hold more than {SWELLING} times its size")
            arrays = {member.filename.removesuffix(".npy"): _array(archive, member) for member in members}
        header = json.loads(arrays.pop("header").tobytes())
    except UNREADABLE as error:
        raise damaged(path) from error
    if not isinstance(header, dict) or header.get("format") != format:
        raise damaged(path)
    if header.get("version") != version:
        raise BrokenTokenizer(
            f"{path}: a model of version {header.get('version')}, and this tokscope reads {version}: "
            "train it again, or install the tokscope that wrote it"
        )
    return header, arrays


def array_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, Any]:
    """Read the header of an .npy: its shape, whether it is kept by columns, and its dtype.

    Example: array_header(io.BytesIO(npy)) -> ((2, 3), False, dtype("float32"))

    Raises one of UNREADABLE.
    """
    from numpy.lib import format

    npy: Any = format  # its functions have no types
    version = npy.read_magic(file)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
    found: tuple[tuple[int, ...], bool, Any] = read(file)
    return found


def _array(archive: ZipFile, member: ZipInfo) -> NDArray[Any]:
    """Read an array that is as large as its header says: numpy makes room for it before it reads on."""
    from numpy.lib import format

    npy: Any = format
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise ValueError(member.filename)
    with archive.open(member) as file:
        shape, _, dtype = array_header(file)
        if dtype.hasobject or file.tell() + prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(member.filename)
    with archive.open(member) as file:
        array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array


def damaged(path: str) -> BrokenTokenizer:
    """Make the error for a file that is not a model, or no longer one.

    Example: damaged("m.npz") says "m.npz: damaged, or not a model of this kind that tokscope train wrote"
    """
    return BrokenTokenizer(f"{path}: damaged, or not a model of this kind that tokscope train wrote")
