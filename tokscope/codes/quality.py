"""Quality: what comes back of pictures from their ids, and how the ids are used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import log2, log10
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import MissingExtra
from tokscope.layout import Layout
from tokscope.report.picture import Pixels

try:
    import numpy as np
except ImportError as error:
    raise MissingExtra("a codebook of pictures", "media") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Quality(NamedTuple):
    """How well codes render pictures: `error` sums squares over `values`, and `uses` counts each code.

    Example: Quality(error=6502.5, values=1, uses=np.ones(1)).psnr -> 10.0
    """

    error: float
    values: int
    uses: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        encode: Callable[[Pixels], Layout],
        decode: Callable[[Sequence[int]], Pixels],
        codes: int,
        pictures: Iterable[Pixels],
    ) -> Quality:
        """Encode pictures and look at what comes back, without what reaches over their edges.

        Example: Quality.of(tokenizer.encode_picture, decode, 512, [pixels]).psnr -> 24.1

        Of ids, those from 0 to `codes` - 1 in cells are counted, and not what ends a row.
        """
        found = cls(0.0, 0, np.zeros(codes, np.int64))
        for picture in pictures:
            shown = encode(picture)
            in_cells = shown.columns * int(shown.each)
            rows = np.asarray(shown.ids, np.int64).reshape(shown.rows, -1)[:, :in_cells]
            error, values = difference(picture, decode(shown.ids or []))
            uses = found.uses + np.bincount(rows.ravel(), minlength=codes)[:codes]
            found = cls(found.error + error, found.values + values, uses)
        return found

    @property
    def psnr(self) -> float | None:
        """The peak signal-to-noise ratio in dB, of all pictures together; None where nothing is lost."""
        return 10 * log10(255**2 * self.values / self.error) if self.error else None

    @property
    def used(self) -> float:
        """The share of the codes that occur."""
        return float((self.uses > 0).mean())

    @property
    def perplexity(self) -> float:
        """How many equally frequent codes would be as hard to foresee: 2 to the entropy of a code in bits.

        Example: Quality(0.0, 4, np.array([5, 5, 0, 0])).perplexity -> 2.0
        """
        shares = self.uses[self.uses > 0] / max(self.uses.sum(), 1)
        return float(2 ** -sum(share * log2(share) for share in shares.tolist()))


def difference(picture: Pixels, back: Pixels) -> tuple[float, int]:
    """Sum up the squares by which what came back differs, and say over how many values.

    Example: difference(Pixels(1, 1, b"\\0\\0\\0"), Pixels(1, 1, b"\\2\\0\\0")) -> (4.0, 3)

    What came back may be larger; the rest of it is not looked at.
    """
    image, other = (
        np.frombuffer(one.rgb, np.uint8).reshape(one.height, one.width, 3) for one in (picture, back)
    )
    gap = image.astype(np.int64) - other[: picture.height, : picture.width]
    return float((gap * gap).sum()), gap.size
