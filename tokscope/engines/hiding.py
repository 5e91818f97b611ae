"""Special tokens, hidden in a model of the `tokenizers` library, so that no text spells one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import tokenizers

UNSPELLABLE = "\U0010ffff" * 8  # a noncharacter: not even one is interchanged


def hide_special(engine: tokenizers.Tokenizer, read: Mapping[str, Any]) -> None:
    """Rename the special tokens inside the model of `engine`, so that no text spells one.

    Example: hide_special(engine, json.loads(engine.model.__getstate__()))

    A Unigram model finds its pieces anywhere in a text, a WordLevel or WordPiece model where they are a whole
    word, even if the piece is a special token: "<s>" in HTML would be one. SentencePiece itself, which trains
    such models, never matches its control symbols. In BPE no merge makes a special token.
    """
    if isinstance(engine.model, tokenizers.models.BPE):
        return
    model = dict(read)
    hidden = {token.content: UNSPELLABLE + token.content for token in added_special_tokens(engine)}
    hidden.pop(str(model.get("unk_token")), None)  # found by its name; its text is unknown text anyway
    if isinstance(model["vocab"], dict):
        model["vocab"] = {hidden.get(piece, piece): token_id for piece, token_id in model["vocab"].items()}
    else:
        model["vocab"] = [(hidden.get(piece, piece), score) for piece, score in model["vocab"]]
    alone = json.dumps({"version": "1.0", "added_tokens": [], "model": model})
    engine.model = tokenizers.Tokenizer.from_str(alone).model


def added_special_tokens(engine: tokenizers.Tokenizer) -> list[tokenizers.AddedToken]:
    """Give the added tokens that are special ones.

    Example: [one.content for one in added_special_tokens(engine)] -> ["<s>", "</s>"]
    """
    return [token for token in engine.get_added_tokens_decoder().values() if token.special]
