"""Model files: arrays, and what is to be known of them, as an .npz: data, never code."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from tokenize import TokenError
from typing import TYPE_CHECKING, Any, BinaryIO
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from tokscope.errors import BrokenTokenizer
from tokscope.files.reading import read_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
"""Of what model files hold; raised when older ones can no longer be read."""

MOST = 1 << 29
"""How many bytes the arrays of a model may have in all."""

_UNREADABLE = (
    *(ValueError, KeyError, EOFError, TypeError, AttributeError, RuntimeError, OSError),
    *(BadZipFile, ZlibError, TokenError),
)
"""What numpy and zipfile raise for archives that are damaged, encrypted, or of other things than arrays."""


def save(file: BinaryIO, format: str, header: Mapping[str, object], arrays: Mapping[str, Any]) -> None:
    """Write a model: the same bytes for the same content.

    Example: save(file, "tokscope byte n-grams", {"order": 7}, {"codes": codes})
    """
    import numpy as np

    stamped = json.dumps({"format": format, "version": VERSION, **header}).encode()
    whole = io.BytesIO()  # an archive is written back and forth, which a pipe cannot
    np.savez_compressed(whole, header=np.frombuffer(stamped, np.uint8), **arrays)
    file.write(whole.getvalue())


def load(path: str, format: str) -> tuple[Mapping[str, object], Mapping[str, NDArray[Any]]]:
    """Read the header and the arrays that save() wrote.

    Example: header, arrays = load("model.npz", "tokscope byte n-grams")

    What they hold is for the caller to check. Raises BrokenTokenizer for what is no such file, one of another
    format or one of another version.
    """
    import numpy as np

    data = read_bytes(path)
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            _check_claims(archive, path)
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        header = json.loads(arrays.pop("header").tobytes())
    except _UNREADABLE as error:
        raise damaged(path) from error
    if not isinstance(header, dict) or header.get("format") != format:
        raise damaged(path)
    if header.get("version") != VERSION:
        raise BrokenTokenizer(
            f"{path}: a model of version {header.get('version')}, and this tokscope reads {VERSION}: "
            "train it again, or install the tokscope that wrote it"
        )
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):  # bytes, of what is no array
        raise damaged(path)
    return header, arrays


def _check_claims(archive: ZipFile, path: str) -> None:
    """Raise BrokenTokenizer where an archive claims to hold more than a model has, before memory is taken.

    NumPy takes as much as the shape in an array's head asks for, whatever the file has.
    """
    import numpy as np

    array: Any = np.lib.format  # it has no types
    if sum(member.file_size for member in archive.infolist()) > MOST:
        raise BrokenTokenizer(f"{path}: claims more than {MOST:,} bytes, which no model of tokscope has")
    for member in archive.infolist():
        with archive.open(member) as file:
            first = array.read_magic(file) == (1, 0)
            read = array.read_array_header_1_0 if first else array.read_array_header_2_0
            shape, _, dtype = read(file)
            if math.prod(shape) * dtype.itemsize > member.file_size:
                raise damaged(path)


def damaged(path: str) -> BrokenTokenizer:
    """Make the error for a file that is no model, or no longer.

    Example: damaged("m.npz") says "m.npz: damaged, or not a model of this kind that tokscope train wrote"
    """
    return BrokenTokenizer(f"{path}: damaged, or not a model of this kind that tokscope train wrote")
