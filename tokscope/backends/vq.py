"""`vq:FILE`: a picture in patches, each the number of the nearest entry of a codebook (tokscope train vq)."""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.codes.codebook import Codebook
from tokscope.errors import UnknownId, Unsupported
from tokscope.layout import Layout
from tokscope.report.picture import Pixels
from tokscope.tokenizer import CutsNoText, Kind, Tokenizer
from tokscope.tokenizer.spec import Spec


class Vq(CutsNoText):
    """A tokenizer of pictures, with ids that become a picture again.

    Example: load("vq:codes.npz").encode_picture(pixels).ids[:2] -> [17, 402]
    """

    takes = (Kind.PICTURE,)
    note = "a codebook of raw pixels: far coarser than a neural one of as many codes"

    def __init__(self, name: str, codebook: Codebook) -> None:
        self.name = name
        self.codebook = codebook
        self.vocab_size = codebook.row_end + 1

    def layout(self, width: int, height: int) -> Layout:
        """Lay its patches over a picture."""
        return self.codebook.layout(width, height)

    def encode_picture(self, picture: Pixels) -> Layout:
        """Cut a picture into patches with ids; the last id of each row ends it."""
        shown = self.codebook.layout(picture.width, picture.height)
        return shown._replace(ids=self.codebook.encode(picture))

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the picture that ids stand for, as a PNG. Raises UnknownId, and InputError for half a row."""
        from tokscope.media.pixels import encode_png

        for position, token_id in enumerate(ids):
            if not 0 <= token_id <= self.codebook.row_end:
                raise UnknownId("ids", token_id, self.name, position)
        return encode_png(self.codebook.decode(ids)) if ids else b""

    def refusal(self) -> Unsupported:
        """Say what it takes."""
        return Unsupported(f"{self.name}: it takes pictures, not text; name a tokenizer for text")


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `vq:FILE`. Raises BrokenTokenizer, and MissingExtra without numpy.

    Example: load(Spec("vq", "codes.npz")).vocab_size -> 513
    """
    return Vq(str(spec), Codebook.load(spec.argument))
