"""What is put around a text, and after a short one: post-processors and padding."""

from __future__ import annotations

import tokenizers


def ids_around(engine: tokenizers.Tokenizer) -> list[int | None]:
    """Give what the post-processor of `engine` makes of any text: ids that it adds, and None for the text.

    Example: that of BERT gives [101, None, 102]

    It has its ids itself, so that a stand-in of one token goes through it, whatever the vocabulary can say. A
    template may have the text twice, or never.
    """
    text = (1 << 32) - 1  # an id that no added token has
    stand_in = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": text}, unk_token="a"))
    stand_in.post_processor = engine.post_processor
    return [None if token_id == text else token_id for token_id in stand_in.encode("a").ids]


def frame(
    processor: tokenizers.processors.PostProcessor | None, *, pair: bool, special: bool
) -> list[tuple[int | None, int, int]]:
    """Give what a post-processor makes of any text or pair: id, number of the text, and type, of each place.

    Example: that of BERT gives [(101, 0, 0), (None, 0, 0), (102, 0, 0)]

    The id is None where a whole text stands, as in ids_around().
    """
    first, second = (1 << 32) - 1, (1 << 32) - 2
    stand_in = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": first, "b": second}, unk_token="a"))
    stand_in.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    stand_in.post_processor = processor
    made = stand_in.encode("a", "b" if pair else None, add_special_tokens=special)
    texts = (number or 0 for number in made.sequence_ids)
    return [
        (None if one in (first, second) else one, text, kind)
        for one, text, kind in zip(made.ids, texts, made.type_ids, strict=True)
    ]
