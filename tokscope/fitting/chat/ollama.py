"""Ollama's chat (its docs/api.md): OpenAI's messages, pictures beside the text, settings of its own."""

from __future__ import annotations

from tokscope.fitting.chat import openai, openai_messages
from tokscope.fitting.chat import schema as schemas
from tokscope.fitting.chat.keys import Action, Found, Keys, enclosed, free, settings, short


def _images(value: object, where: str, found: Found) -> None:
    """Name each picture of a message."""
    if not isinstance(value, list | None):
        raise ValueError(f"{where} is not a list of pictures: {short(value)}")
    for number, one in enumerate(value or []):
        enclosed(one, f"{where}[{number}]", found)


MESSAGE: Keys = {**openai_messages.MESSAGE, "images": _images, "tool_name": free}

MODEL_OPTIONS = settings(
    *("num_keep", "num_predict", "num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "numa", "seed"),
    *("temperature", "top_k", "top_p", "min_p", "tfs_z", "typical_p", "stop", "mirostat", "mirostat_tau"),
    *("mirostat_eta", "repeat_last_n", "repeat_penalty", "presence_penalty", "frequency_penalty"),
    *("penalize_newline", "low_vram", "f16_kv", "vocab_only", "use_mmap", "use_mlock"),
)


def _format(value: object, where: str, found: Found) -> None:
    """Pass over the schema that what is generated is held to; the model does not see it."""
    if isinstance(value, dict):
        found.unknown += schemas.unknown_keys(value, where)


REQUEST: dict[str, Action] = {
    **openai.REQUEST,
    "messages": openai_messages.messages(MESSAGE),
    "options": MODEL_OPTIONS,
    "format": _format,
    **dict.fromkeys(("keep_alive", "think", "raw"), free),
}

READ = openai.body(REQUEST)
