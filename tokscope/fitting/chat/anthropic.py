"""Anthropic's Messages. Keys of its Python SDK, 2.14 (anthropic.types)."""

from __future__ import annotations

from tokscope.fitting.chat import openai, openai_messages
from tokscope.fitting.chat.keys import (
    Action,
    Found,
    Keys,
    any_value,
    calling,
    content,
    enclosed,
    free,
    keep,
    place_within,
    reasoning,
    record,
    resulting,
    settings,
    tagged,
    text,
    type_of,
    uncounted,
)
from tokscope.fitting.chat.tools import tools


def _content(value: object, where: str, found: Found) -> None:
    """Read a content, or what one of Anthropic's own tools gave back: an object, or a list of them."""
    content(block)(value, where, found)


def _source(value: object, where: str, found: Found) -> None:
    """Read where a document's text comes from; a file or an address has none here."""
    if isinstance(value, dict) and value.get("type") in ("base64", "url", "file"):
        enclosed(value, where, found, str(value["type"]))
    else:
        tagged({"text": {"data": text, "media_type": free}, "content": {"content": _content}})(
            value, where, found
        )


def _citations(value: object, where: str, found: Found) -> None:
    """Pass over the setting {"enabled": true}, and name the citations that an answer had."""
    if isinstance(value, list) and value:
        found.uncounted.append(where)
    else:
        settings("enabled")(value, where, found)


_BLOCK_KEYS: Keys = {"cache_control": openai_messages.CACHE, "citations": _citations}
_CALL = calling(
    {**_BLOCK_KEYS, "type": free, "caller": free, "toolset_name": free, "server_name": free},
    arguments="input",
)
_RESULT = resulting(
    {
        **_BLOCK_KEYS,
        "type": free,
        "content": _content,
        "is_error": free,
        "caller": free,
        "toolset_name": free,
    },
    id="tool_use_id",
)
_OUTPUT: Keys = {"content": _content, "stdout": text, "stderr": text, "return_code": free}

TEXT_BLOCKS: dict[str, Keys] = {
    "text": {**_BLOCK_KEYS, "text": text},
    "thinking": {"thinking": reasoning, "signature": free},
    "document": {**_BLOCK_KEYS, "source": _source, "title": text, "context": text},
    "search_result": {**_BLOCK_KEYS, "source": text, "title": text, "content": _content},
    "web_search_result": {"title": text, "url": text, "page_age": text, "encrypted_content": uncounted},
    "web_fetch_result": {"url": text, "content": _content, "retrieved_at": text},
    "code_execution_result": _OUTPUT,
    "bash_code_execution_result": _OUTPUT,
    "encrypted_code_execution_result": {**_OUTPUT, "encrypted_stdout": uncounted},
    "text_editor_code_execution_view_result": {
        "content": text,
        **dict.fromkeys(("file_type", "num_lines", "start_line", "total_lines"), free),
    },
    "text_editor_code_execution_create_result": {"is_file_update": free},
    "text_editor_code_execution_str_replace_result": {
        "lines": any_value,
        **dict.fromkeys(("new_lines", "new_start", "old_lines", "old_start"), free),
    },
    "tool_reference": {"tool_name": text, "cache_control": openai_messages.CACHE},
}
"""The blocks that are text, and those within results."""

CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")

UNCOUNTED = frozenset({"image", "redacted_thinking", "container_upload", "browser_state"})
UNCOUNTED |= {"code_execution_output", "bash_code_execution_output"}
UNCOUNTED |= {"tool_search_tool_result", "tool_search_tool_search_result"}
"""The blocks of which the text is elsewhere, or that have none."""


def _elsewhere(value: object, where: str, found: Found, kind: str) -> None:
    """Name a block that has no text here."""
    found.uncounted.append(f"{where} ({kind})")


def block(value: object, where: str, found: Found) -> None:
    """Read a block.

    Example: found = Found(); block({"type": "text", "text": "Hi"}, "messages[0]", found);
    found.passages[0].text -> "Hi"
    """
    kind = type_of(value)
    if kind in CALLS:
        _CALL(value, where, found)
    elif kind in UNCOUNTED:
        (enclosed if kind == "image" else _elsewhere)(value, where, found, kind)
    elif kind == "tool_result" or kind.endswith("_tool_result"):
        _RESULT(value, where, found)
    elif kind.endswith("_tool_result_error"):
        record({"type": free, "error_code": text, "error_message": text})(value, where, found)
    elif kind in openai_messages.MEDIA_TYPES:
        openai_messages.medium(value, where, found)
    else:
        tagged({**openai_messages.TEXTS, **TEXT_BLOCKS}, default="text")(value, where, found)


MESSAGE: Keys = {"role": keep("role"), "content": content(block)}
"""What Anthropic takes; what OpenAI's messages have beside it is read as OpenAI's."""


def _output(value: object, where: str, found: Found) -> None:
    """Take how an answer is to be: its schema, and the effort."""
    record({"format": tagged({"json_schema": {"schema": openai.answer}}), "effort": free})(
        value, where, found
    )


def _container(value: object, where: str, found: Found) -> None:
    """Pass over a container, but not over its skills, which put text before the model."""
    if isinstance(value, dict):
        uncounted(value.get("skills"), place_within(where, "skills"), found)


SETTINGS = (
    *(
        "cache_control",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "metadata",
        "model",
        "service_tier",
        "speed",
    ),
    *(
        "stop_sequences",
        "stream",
        "temperature",
        "top_k",
        "top_p",
        "thinking",
        "user_profile_id",
        "workspace_id",
    ),
    *("anthropic_version", "anthropic_beta", "betas", "context_management", "tool_choice"),
)

REQUEST: dict[str, Action] = {
    **dict.fromkeys(SETTINGS, free),
    "cache_control": openai_messages.CACHE,
    "metadata": settings("user_id"),
    "thinking": openai.THINKING,
    "tool_choice": settings("type", "name", "disable_parallel_tool_use"),
    "system": openai_messages.system(block),
    "messages": openai_messages.messages({**openai_messages.MESSAGE, **MESSAGE}),
    "tools": tools,
    "output_config": _output,
    "output_format": tagged({"json_schema": {"schema": openai.answer}}),
    "container": _container,
    "mcp_servers": uncounted,
    "response_format": openai.RESPONSE_FORMAT,  # OpenAI's, from its SDK: counted, though Anthropic ignores it
}

READ = openai.body(REQUEST)
