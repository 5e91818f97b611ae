"""OpenAI's Responses: a list of items, or a text, and instructions. Keys of its Python SDK, 3.57."""

from __future__ import annotations

from tokscope.fitting.chat import openai, openai_messages
from tokscope.fitting.chat.keys import (
    Action,
    Found,
    Keys,
    about,
    any_value,
    calling,
    content,
    each,
    free,
    keep,
    reasoning,
    record,
    resulting,
    short,
    tagged,
    text,
    type_of,
    uncounted,
)
from tokscope.fitting.chat.request import Message, Passage
from tokscope.fitting.chat.tools import tools

PARTS: dict[str, Keys] = {
    **openai_messages.TEXTS,
    "summary_text": {"text": text},
    "reasoning_text": {"text": text},
}
CONTENT = content(openai_messages.part(PARTS))

_THOUGHTS = each(tagged({"summary_text": {"text": reasoning}, "reasoning_text": {"text": reasoning}}))
_ITEM: Keys = {"type": free, "id": free, "status": free, "caller": free, "namespace": free}
_CALL: Keys = {**_ITEM, "call_id": free, "async": free, "server_label": free, "approval_request_id": free}

ITEMS: dict[str, tuple[str, Action]] = {
    "message": (
        "",
        record({**_ITEM, "role": keep("role"), "content": CONTENT, "phase": free, "name": keep("name")}),
    ),
    "function_call": ("assistant", calling(_CALL, id="call_id")),
    "custom_tool_call": ("assistant", calling(_CALL, arguments="input", id="call_id")),
    "mcp_call": ("assistant", calling({**_CALL, "output": any_value, "error": any_value}, id="id")),
    "function_call_output": ("tool", resulting({**_CALL, "output": CONTENT, "name": free}, id="call_id")),
    "custom_tool_call_output": ("tool", resulting({**_CALL, "output": CONTENT, "name": free}, id="call_id")),
    "reasoning": (
        "assistant",
        record({**_ITEM, "summary": _THOUGHTS, "content": _THOUGHTS, "encrypted_content": uncounted}),
    ),
    # what OpenAI's own tools did
    "web_search_call": ("assistant", record({**_CALL, "action": any_value})),
    "file_search_call": ("assistant", record({**_CALL, "queries": any_value, "results": any_value})),
    "code_interpreter_call": (
        "assistant",
        record({**_CALL, "code": text, "outputs": any_value, "container_id": free}),
    ),
    "local_shell_call": ("assistant", record({**_CALL, "action": any_value})),
    "local_shell_call_output": ("tool", resulting({**_CALL, "output": any_value}, id="call_id")),
    "shell_call": ("assistant", record({**_CALL, "action": any_value, "environment": free})),
    "shell_call_output": (
        "tool",
        resulting({**_CALL, "output": any_value, "max_output_length": free}, id="call_id"),
    ),
    "apply_patch_call": ("assistant", record({**_CALL, "operation": any_value})),
    "apply_patch_call_output": ("tool", resulting({**_CALL, "output": any_value}, id="call_id")),
    "computer_call": (
        "assistant",
        record({**_CALL, "action": any_value, "actions": any_value, "pending_safety_checks": free}),
    ),
    "mcp_approval_request": ("assistant", calling(_CALL)),
    "mcp_approval_response": ("user", record({**_CALL, "approve": free, "reason": text})),
}
"""The items of an input: who speaks, and how it is read."""


def _input(value: object, where: str, found: Found) -> None:
    """Read the items of an input; a text alone is what the user says."""
    if isinstance(value, str):
        source = {"role": "user", "content": value}
        found.messages.append(Message("user", None, [Passage("text", value)], where, source=source))
    elif isinstance(value, list):
        for number, one in enumerate(value, 1):
            with about(f"item {number}"):
                _item(one, f"{where}[{number - 1}]", found)
    elif value is not None:
        raise ValueError(f"input is neither text nor a list of items: {short(value)}")


def _item(value: object, where: str, found: Found) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not a JSON object: {short(value)}")
    untyped = "message" if "role" in value or "content" in value else "item_reference"
    kind = type_of(value) if "type" in value else untyped
    role, action = ITEMS.get(kind, ("", None))
    if action is None:
        known = {
            "item_reference",
            "computer_call_output",
            "image_generation_call",
            "compaction",
            "mcp_list_tools",
        }
        known |= {"tool_search_call", "tool_search_output", "additional_tools", "program", "program_output"}
        place = f"{where} ({kind})" if kind else where
        held = [place] if kind in known else []
        found.messages.append(Message("item", None, [], where, [] if held else [place], held, value))
        return
    if kind == "message" and not isinstance(value.get("role"), str):
        raise ValueError(f"has no role; its keys are {', '.join(value)}")
    if kind == "message" and "content" not in value:
        raise ValueError(f"has no content; its keys are {', '.join(value)}")
    inner = Found()
    action(value, where, inner)
    role = role or inner.fields["role"]
    found.messages.append(inner.message(role, where, value, inner.fields.get("name")))


SETTINGS = (
    *(
        "background",
        "background_options",
        "include",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
    ),
    *(
        "moderation",
        "parallel_tool_calls",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
    ),
    *("reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature"),
    *("top_logprobs", "top_p", "truncation", "user", "context_management", "access_programs", "image"),
)

REQUEST: dict[str, Action] = {
    **dict.fromkeys(SETTINGS, free),
    **{key: openai.SETTINGS_WITHIN[key] for key in ("reasoning", "stream_options")},
    "input": _input,
    "instructions": openai_messages.system(openai_messages.part(PARTS)),
    "tools": tools,
    "tool_choice": openai.choice,
    "text": record({"format": openai.format_of_text, "verbosity": free}),
    # what OpenAI keeps: an earlier answer with all before it, a conversation, a stored prompt
    **dict.fromkeys(("previous_response_id", "conversation", "prompt"), uncounted),
}

READ = openai.body(REQUEST)
