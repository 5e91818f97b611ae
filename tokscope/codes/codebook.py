"""Codebook: the patches of a picture as numbers of the entries that are nearest to them.

What it is: vector quantization of raw pixels (Linde, Buzo and Gray 1980), or residual VQ (Juang and Gray
1982), where each level codes what the level before has left. What it is not: DALL-E's dVAE, SEED and Emu3's
MoVQGAN are neural networks; their decoders paint what a patch's surroundings make likely, and SEED's codes
stand for what is to be seen rather than for pixels. A codebook of pixels knows no surroundings, and is far
coarser with as many codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from tokscope.codes.residual import quantized, restored
from tokscope.errors import InputError, MissingExtra
from tokscope.files import npz
from tokscope.layout import Layout
from tokscope.report.picture import Pixels

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("a codebook of pictures", "media") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = "tokscope picture codes"

CHANNELS = 3
"""Red, green and blue."""

MAX_PATCH, MAX_CODES, MAX_LEVELS = 64, 1 << 16, 16
"""The most that each of them may be."""

PIXELS = 64_000_000
"""How many pixels a picture that ids stand for may have."""

Vectors = Any
"""An array of float32, a row for each patch: red, green and blue of its pixels, from 0 to 255."""


class Codebook(NamedTuple):
    """The entries of a picture tokenizer, level by level, and what is known of how they were learned.

    Example: Codebook.load("codes.npz").layout(640, 480).tokens -> 4860

    `entries` has the shape (levels, codes, patch * patch * 3). A patch has an id for each level, that of code
    c of level l being l * codes + c; after each row of patches stands the id `row_end`, so that ids alone
    say how wide the picture is. A picture whose sides are not multiples of `patch` is continued by its edge.
    """

    entries: NDArray[np.float32]
    patch: int
    about: Mapping[str, object]

    @property
    def levels(self) -> int:
        """How many ids a patch has."""
        return int(self.entries.shape[0])

    @property
    def codes(self) -> int:
        """How many entries a level has."""
        return int(self.entries.shape[1])

    @property
    def row_end(self) -> int:
        """The id that ends a row of patches; it is the last."""
        return self.levels * self.codes

    def layout(self, width: int, height: int) -> Layout:
        """Lay the patches over a picture.

        Example: codebook.layout(20, 10).columns -> 3, with patches of 8 pixels
        """
        shown = Layout.of_cells(width, height, self.patch, self.levels)
        return shown._replace(extra=shown.rows)

    def encode(self, picture: Pixels) -> list[int]:
        """Give the ids of a picture, row by row.

        Example: codebook.encode(Pixels(16, 8, pixels)) -> [17, 402, 512], with 512 codes
        """
        shown = self.layout(picture.width, picture.height)
        codes = quantized(cut_patches(picture, self.patch), self.entries)
        ids = codes + np.arange(self.levels) * self.codes
        rows = ids.reshape(shown.rows, shown.columns * self.levels)
        ends = np.full((shown.rows, 1), self.row_end)
        found: list[int] = np.concatenate([rows, ends], axis=1).ravel().tolist()
        return found

    def decode(self, ids: Sequence[int]) -> Pixels:
        """Make the picture that ids stand for, of whole patches. Raises InputError for no rows of patches.

        Example: codebook.decode([17, 402, 512]).width -> 16
        """
        rows = self._rows(ids)
        if not rows.size:
            return Pixels(0, 0, b"")
        high, wide = rows.shape[0], rows.shape[1] // self.levels
        if high * wide * self.patch**2 > PIXELS:
            raise InputError("ids", f"they stand for more than {PIXELS:,} pixels")
        codes = rows.reshape(high * wide, self.levels) % self.codes
        pixels = np.clip(np.rint(restored(codes, self.entries)), 0, 255).astype(np.uint8)
        square = pixels.reshape(high, wide, self.patch, self.patch, CHANNELS)
        return Pixels(wide * self.patch, high * self.patch, square.swapaxes(1, 2).tobytes())

    def _rows(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """Take ids apart into the rows of a picture: one each, of whole patches, all of them equally long."""
        flat = np.asarray(ids, np.int64)
        ends = np.flatnonzero(flat == self.row_end)
        if not len(ends):
            if len(flat):
                raise InputError("ids", f"no row of patches ends in them, by the id {self.row_end}")
            return flat
        width = int(ends[0]) + 1
        regular = len(flat) % width == 0 and np.array_equal(ends, np.arange(width - 1, len(flat), width))
        if not regular or width == 1:
            raise InputError("ids", "the rows of patches in them are not equally long: some may be missing")
        rows = flat.reshape(-1, width)[:, :-1]
        if (
            rows.shape[1] % self.levels
            or (rows // self.codes != np.arange(rows.shape[1]) % self.levels).any()
        ):
            raise InputError("ids", f"not one id of each of the {self.levels} levels for every patch")
        return rows

    def save(self, file: BinaryIO) -> None:
        """Write the codebook, for load(): the same bytes for the same codes.

        Example: with Path("codes.npz").open("wb") as file: codebook.save(file)
        """
        npz.save_model(
            file, FORMAT, {"patch": self.patch, "about": dict(self.about)}, {"entries": self.entries}
        )

    @classmethod
    def load(cls, path: str) -> Codebook:
        """Read a codebook. Raises BrokenTokenizer for what is not one.

        Example: Codebook.load("codes.npz").entries.shape -> (1, 512, 192), of 512 codes for patches of 8 by 8
        pixels
        """
        header, arrays = npz.load_model(path, FORMAT)
        entries, patch, about = arrays.get("entries"), header.get("patch"), header.get("about")
        if not isinstance(patch, int) or not isinstance(about, dict) or entries is None:
            raise npz.damaged(path)
        right = entries.dtype == np.float32 and entries.ndim == 3 and 1 <= patch <= MAX_PATCH
        if not right or entries.shape[2] != patch * patch * CHANNELS or not np.isfinite(entries).all():
            raise npz.damaged(path)
        if not (1 <= entries.shape[0] <= MAX_LEVELS and 1 <= entries.shape[1] <= MAX_CODES):
            raise npz.damaged(path)
        return cls(entries, patch, about)


def cut_patches(picture: Pixels, patch: int) -> Vectors:
    """Cut a picture into patches, row by row; its right and lower edge is continued to whole ones.

    Example: cut_patches(Pixels(20, 10, pixels), 8).shape -> (6, 192)
    """
    image = np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, CHANNELS)
    more = [(0, -picture.height % patch), (0, -picture.width % patch), (0, 0)]
    image = np.pad(image, more, mode="edge")
    high, wide = image.shape[0] // patch, image.shape[1] // patch
    square = image.reshape(high, patch, wide, patch, CHANNELS).swapaxes(1, 2)
    return square.reshape(high * wide, -1).astype(np.float32)
