"""Ollama's chat (its docs/api.md): OpenAI's messages, pictures beside the text, settings of its own."""

from __future__ import annotations

from tokscope.fitting.chat import openai
from tokscope.fitting.chat.keys import Action, Enclosed, Found, Keys, free, short


def _images(value: object, where: str, found: Found) -> None:
    """Name each picture of a message."""
    if not isinstance(value, list | None):
        raise ValueError(f"{where} is no list of pictures: {short(value)}")
    found.uncounted += [Enclosed(f"{where}[{number}]", one) for number, one in enumerate(value or [])]


MESSAGE: Keys = {**openai.MESSAGE, "images": _images, "tool_name": free}

REQUEST: dict[str, Action] = {
    **openai.REQUEST,
    "messages": openai.messages(MESSAGE),
    **dict.fromkeys(
        ("options", "keep_alive", "think", "format", "raw"), free
    ),  # format: what is generated is held to it
}

READ = openai.body(REQUEST)
