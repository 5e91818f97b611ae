"""Texts as a model takes them, beside `tokenizers`' own padding."""

from __future__ import annotations

import tokenizers
from tokenizers import processors

from tests.support.texts import HOSTILE
from tokscope import load
from tokscope.fitting.padding import Padding, fill_batches, prepared


def lists(encoding: tokenizers.Encoding) -> list[list[int]]:
    return [encoding.ids, encoding.attention_mask, encoding.type_ids, encoding.special_tokens_mask]


def assert_pads_as_tokenizers(name: str, engine: tokenizers.Tokenizer, first: str, pad: str) -> None:
    """Hold a vocabulary that ships, which puts `first` before a text, against an engine of its pieces."""
    ours = load(name, special=True)
    named = {entry.data.decode(): entry.id for entry in ours.vocabulary() if entry.special}
    engine.post_processor = processors.TemplateProcessing(
        single=f"{first} $A", special_tokens=[(first, named[first])]
    )
    texts = [
        text for text in HOSTILE.values() if text.isprintable() and not any(map(text.__contains__, named))
    ]
    for left in (False, True):
        engine.enable_padding(direction="left" if left else "right", pad_id=named[pad], pad_token=pad)
        for most in (None, 5):
            engine.no_truncation()
            if most is not None:
                engine.enable_truncation(most)
            assert ours.pad_id is not None
            made = fill_batches(
                prepared(ours, texts, truncate_to=most), len(texts), None, Padding(ours.pad_id, left)
            )
            assert [[*map(list, one[:4])] for _, one in made] == [*map(lists, engine.encode_batch(texts))]
    engine.no_padding()
    engine.no_truncation()
