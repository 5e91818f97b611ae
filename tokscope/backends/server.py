"""`server:URL`: the tokenizer of a model that is served, by llama.cpp, vLLM or Text Embeddings Inference.

All three answer POST /tokenize. The question has the keys of each (`content`, `prompt`, `inputs`), and the
answer tells which it is: llama.cpp's {"tokens": [{"id", "piece"}]}, vLLM's {"count", "tokens", "token_strs"},
TEI's [[{"id", "text", "start", "stop"}]]. The model may be after the host, since vLLM may want it named:
`server:http://127.0.0.1:8000/Qwen/Qwen3-8B`. Documented in llama.cpp's tools/server/README.md, vLLM's
openai_compatible_server.md, and TEI's API; ids are exact, being the server's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from tokscope.errors import Unanswered, Unsupported, UsageError
from tokscope.files.asking import CONSENT, ask, ask_each, plausible
from tokscope.split import Split
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies.spelling import BYTE_ALPHABET, BYTE_PIECE


class Server(Tokenizer):
    """The tokenizer of a served model.

    Example: load("server:http://127.0.0.1:8080").encode("Hello world").ids -> [9707, 1879]
    """

    def __init__(self, name: str, base: str, model: str, *, special: bool) -> None:
        self.name = name
        self._base = base
        self._host = urlsplit(base).hostname or base
        self._question: dict[str, object] = {
            **({"model": model} if model else {}),
            "add_special": special,
            "add_special_tokens": special,
            "parse_special": special,
            "with_pieces": True,
            "return_token_strs": True,
        }

    def count(self, text: str) -> int:
        """Ask for the tokens of `text`. Raises Unanswered."""
        return len(self._asked(text)[0])

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Ask for the tokens of each of `texts`, several at a time."""
        return ask_each(self.count, texts)

    def encode(self, text: str) -> Split:
        """Ask where the server cuts `text`. Raises Unanswered, and Unsupported where it does not say."""
        ids, tokens = self._asked(text)
        source = text.encode()
        lengths = [len(token) for token in tokens]
        if len(tokens) != len(ids) or b"".join(tokens) != source:
            if b"".join(tokens).removeprefix(b" ") != source or not tokens:
                raise Unsupported(
                    f"{self.name}: the server's tokens do not spell this text: nobody knows where they are "
                    "in it; count works"
                )
            lengths[0] -= 1  # the space that SentencePiece puts in front
        return Split.of_lengths(source, lengths, ids)

    def _asked(self, text: str) -> tuple[list[int], list[bytes]]:
        CONSENT.spend(len(text.encode()), self._host)
        question = {**self._question, "content": text, "prompt": text, "inputs": text}
        answer = ask(f"{self._base}/tokenize", question, {}, "the server")
        try:
            ids, tokens = _read_answer(answer, text)
            if not plausible(len(ids), text):
                raise ValueError(len(ids))
            return ids, tokens
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Unanswered(
                f"the server at {self._host} answers /tokenize as neither llama.cpp, vLLM nor TEI does"
            ) from error


def _read_answer(answer: Any, text: str) -> tuple[list[int], list[bytes]]:
    """Read the ids of an answer, and the bytes of its tokens, as far as it has them."""
    if isinstance(answer, list):  # TEI: spans count characters
        tokens = answer[0]
        spans = [
            text[token["start"] : token["stop"]].encode() if not token["special"] else b"" for token in tokens
        ]
        return _read_token_ids([token["id"] for token in tokens]), spans
    tokens = answer["tokens"]
    if "count" in answer:  # vLLM
        if answer["count"] != len(tokens):
            raise ValueError(answer["count"])
        return _read_token_ids(tokens), [_token_bytes(one) for one in answer.get("token_strs") or ()]
    if tokens and not isinstance(tokens[0], dict):
        return _read_token_ids(tokens), []
    pieces = [token["piece"] for token in tokens]  # llama.cpp: bytes as numbers where they are not text
    data = [piece.encode() if isinstance(piece, str) else bytes([*piece]) for piece in pieces]
    return _read_token_ids([token["id"] for token in tokens]), data


def _read_token_ids(found: list[Any]) -> list[int]:
    if not all(type(one) is int and 0 <= one < 1 << 32 for one in found):
        raise ValueError(found)
    return found


def _token_bytes(token: str) -> bytes:
    """Give the bytes that a token stands for, as its vocabulary spells it."""
    if byte := BYTE_PIECE.fullmatch(token):
        return bytes.fromhex(byte[1])
    if BYTE_ALPHABET.keys() >= set(token):
        return bytes(map(BYTE_ALPHABET.__getitem__, token))
    return token.replace("▁", " ").encode()


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `server:URL`; nothing is asked yet. Raises UsageError for what is not a URL.

    Example: load(Spec("server", "http://127.0.0.1:8080/m")).name -> "server:http://127.0.0.1:8080/m"
    """
    try:
        parts = urlsplit(spec.argument)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{spec}: name a server like server:http://127.0.0.1:8080/MODEL")
    if parts.username or parts.password:
        raise UsageError("server: takes no user and password in a URL: they would appear in every report")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    base = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return Server(str(spec), base, parts.path.strip("/"), special=spec.special)
