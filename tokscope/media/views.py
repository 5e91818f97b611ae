"""A picture as a model sees it, to be drawn: View."""

from __future__ import annotations

from tokscope.errors import MissingExtra, Unsupported
from tokscope.layout import Layout
from tokscope.media.counting import layout
from tokscope.media.joined import count_file
from tokscope.media.medium import Medium
from tokscope.media.pixels import decode_picture, model_view
from tokscope.media.rules import Asked
from tokscope.media.source import Source
from tokscope.report.picture import View
from tokscope.report.table import Estimate
from tokscope.tokenizer import Kind, Tokenizer


def view(
    source: Source, medium: Medium, tokenizer: Tokenizer, asked: Asked, model: str, *, drawn: bool
) -> View:
    """Lay a picture out for a tokenizer: by its model's rule, or by its own codes.

    Example: view(source, measured(source), load("gpt-4o"), Asked(), "gpt-4o", drawn=False).layout.cells -> 4

    `model` is the name by which the rules know the tokenizer's model. `drawn` asks for the pixels too. Raises
    Unsupported where there is no rule, or the model does not take the picture; InputError for one that cannot
    be decoded; UsageError.
    """
    said = count_file(source, medium, tokenizer, asked, model)
    if said.tokens is None:
        raise Unsupported(said.rejected or said.note)
    try:
        shown = laid(source, medium, tokenizer, asked, model)
        pixels = model_view(source, shown) if drawn else None
    except MissingExtra as error:
        raise source.error(str(error)) from error
    ends = (said.low, said.high) if said.low != said.high else (None, None)  # one reading is not an interval
    tokens = said.tokens if said.exact else Estimate(said.tokens, *ends)
    return View(
        *(tokenizer.shown, source.path, medium.width, medium.height, shown, tokens, said.exact),
        *(said.rule, said.as_of, said.source, said.note, pixels),
    )


def laid(source: Source, medium: Medium, tokenizer: Tokenizer, asked: Asked, model: str) -> Layout:
    """Lay a picture out, with ids where the tokenizer has a codebook. Raises as view() does.

    Example: laid(source, medium, load("vit-b/16"), Asked(), "vit-b/16").columns -> 14
    """
    if Kind.PICTURE in tokenizer.takes and tokenizer.layout(medium.width, medium.height) is not None:
        return tokenizer.encode_picture(decode_picture(source))
    return layout(medium, model, asked)
