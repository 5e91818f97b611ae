"""`media:MODEL`, and the name alone: a model of which only the rules for media are known.

tokscope.media says what it makes of a file; what it makes of a text is not known here.
"""

from __future__ import annotations

from tokscope.errors import UnknownTokenizer, Unsupported
from tokscope.media.joined import has_rule
from tokscope.models.names import lacking
from tokscope.tokenizer import MEDIA_KINDS, CutsNoText, Kind, Tokenizer
from tokscope.tokenizer.spec import Spec


class MediaModel(CutsNoText):
    """A model that takes files and, as far as is known here, no text.

    Example: load("vit-b/16").takes -> (Kind.PICTURE,)
    """

    def __init__(self, model: str, takes: tuple[Kind, ...]) -> None:
        self.name = model
        self.takes = takes

    def refusal(self) -> Unsupported:
        """Say what it has rules for, or why it has none."""
        if (reason := lacking(self.name)) is not None:
            return Unsupported(reason)
        return Unsupported(
            f"{self.name}: no rule for text, only for {', '.join(self.takes)}; name a tokenizer for it"
        )


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `media:MODEL` or a bare MODEL. Raises UnknownTokenizer.

    Example: load(Spec("media", "whisper")).takes -> (Kind.SOUND,)
    """
    options = "&".join(f"{key}={value}" for key, value in spec.options.items())
    takes = tuple(kind for kind in MEDIA_KINDS if has_rule(spec.argument, kind))
    if not takes:
        raise UnknownTokenizer(str(spec), [])
    return MediaModel(f"{spec.argument}?{options}" if options else spec.argument, takes)
