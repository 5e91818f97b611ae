"""OpenAI's chat completions, and what those who took the shape over add to it: vLLM, OpenRouter, DeepSeek.

OpenAI's keys are those of its Python SDK, 3.57 (openai.types.chat).
"""

from __future__ import annotations

from collections.abc import Callable

from tokscope.fitting.chat import schema as schemas
from tokscope.fitting.chat.keys import (
    Action,
    Found,
    Keys,
    about,
    calling,
    content,
    each,
    enclosed,
    free,
    keep,
    kind_of,
    reasoning,
    record,
    settings,
    short,
    tagged,
    text,
    uncounted,
)
from tokscope.fitting.chat.request import Message
from tokscope.fitting.chat.tools import functions, tools

CACHE = settings("type", "ttl", "scope")
THINKING = settings("type", "budget_tokens", "display", "keep", "clear_thinking")
"""What DeepSeek, GLM, OpenRouter and Anthropic take."""

MEDIA_TYPES: tuple[str, ...] = (
    "image_url",
    "input_audio",
    "file",
    "video_url",
    "audio_url",
    "image",
    "audio",
    "video",
    "input_image",
)
MEDIA_TYPES += ("input_file", "image_embeds", "audio_embeds", "prompt_embeds")
"""The types of parts that are not text."""


def medium(value: object, where: str, found: Found) -> None:
    """Name a picture, a sound or a file.

    Example: found = Found(); medium({"type": "image_url"}, "content[0]", found); found.uncounted ->
    ["content[0] (image_url)"]
    """
    enclosed(value, where, found, kind_of(value) or "media")


TEXTS: dict[str, Keys] = {
    "text": {"text": text, "prompt_cache_breakpoint": free, "cache_control": CACHE},
    "refusal": {"refusal": text},
    "input_text": {"text": text, "prompt_cache_breakpoint": free},
    "output_text": {"text": text, "annotations": free, "logprobs": free},
    "thinking": {
        "thinking": each(content(record({"type": free, "text": text}))),
        "closed": free,
    },  # Mistral, vLLM
}


def part(kinds: dict[str, Keys], media: tuple[str, ...] = MEDIA_TYPES) -> Action:
    """Make the action for a part of these types, or of those of `media`.

    Example: found = Found(); part(TEXTS)({"type": "text", "text": "Hi"}, "content[0]", found);
    found.passages[0].text -> "Hi"
    """
    known = tagged(kinds, default="text")

    def act(value: object, where: str, found: Found) -> None:
        (medium if kind_of(value) in media else known)(value, where, found)

    return act


CONTENT = content(part(TEXTS))


def _call(value: object, where: str, found: Found) -> None:
    """Read a tool call: a function's, or that of a custom tool."""
    beside: Keys = {"type": free, "index": free, "id": free}
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not a tool call: {short(value)}")
    inner = Found()
    function = calling({})
    custom = calling({}, arguments="input")
    if not {"function", "custom"} & value.keys():
        calling({**beside})(value, where, inner)
    else:
        record({**beside, "function": function, "custom": custom})(value, where, inner)
    id = value.get("id")
    for passage in inner.passages:
        found.passages.append(passage._replace(id=id if isinstance(id, str) else passage.id))
    found.unknown += inner.unknown
    found.uncounted += inner.uncounted
    if not inner.passages:
        raise ValueError(f"a tool call has no function: {where}")


def _calls(value: object, where: str, found: Found) -> None:
    if not isinstance(value, list | None):
        raise ValueError(f"its tool_calls are not a list: {short(value)}")
    for number, one in enumerate(value or []):
        _call(one, f"{where}[{number}]", found)


MESSAGE: Keys = {
    "role": keep("role"),
    "name": keep("name"),
    "content": CONTENT,
    "tool_calls": _calls,
    "function_call": lambda value, where, found: _call(value, where, found) if value else None,
    "refusal": text,
    "audio": uncounted,  # {"id": ...}: what the model said before, kept by OpenAI
    **dict.fromkeys(
        ("reasoning_content", "reasoning", "thinking"), reasoning
    ),  # DeepSeek; OpenRouter; Ollama
    "reasoning_details": uncounted,  # OpenRouter: the same once more, or encrypted
    "tool_call_id": keep("tool_call_id"),
    "cache_control": CACHE,
    # what an answer has and a question may keep; of fine-tuning; of DeepSeek and Mistral
    **dict.fromkeys(("annotations", "weight", "prefix"), free),
}

SAYING = frozenset(
    {
        "content",
        "tool_calls",
        "function_call",
        "refusal",
        "audio",
        "reasoning_content",
        "reasoning",
        "thinking",
    }
)
"""The keys of which a message has at least one."""


def messages(keys: Keys, saying: frozenset[str] = SAYING) -> Action:
    """Make the action for a list of messages with these keys.

    Example: found = Found(); messages(MESSAGE)([{"role": "user", "content": "Hi"}], "messages", found);
    found.messages[0].role -> "user"
    """

    def act(value: object, where: str, found: Found) -> None:
        if not isinstance(value, list):
            raise ValueError(f"{where} is not a list of messages: {short(value)}")
        for number, one in enumerate(value, 1):
            with about(f"message {number}"):
                found.messages.append(message(one, f"{where}[{number - 1}]", keys, saying))

    return act


def message(value: object, where: str, keys: Keys, saying: frozenset[str] = SAYING) -> Message:
    """Read one message. Raises ValueError.

    Example: message({"role": "user", "content": "Hi"}, "messages[0]", MESSAGE).passages[0].text -> "Hi"
    """
    inner = Found()
    if not isinstance(value, dict):
        raise ValueError(f"has no role and no content: {short(value)}")
    if not isinstance(value.get("role"), str):
        raise ValueError(f"has no role; its keys are {', '.join(value) or 'none'}")
    if not saying & value.keys():
        raise ValueError(
            f"has no {'content' if 'content' in saying else min(saying)}; its keys are {', '.join(value)}"
        )
    record(keys)(_once(value), where, inner)
    return Message(
        inner.fields["role"],
        inner.fields.get("name"),
        inner.passages,
        where,
        inner.unknown,
        inner.uncounted,
        value,
    )


def _once(message: dict[str, object]) -> dict[str, object]:
    """Leave out a reasoning that repeats the other, as those do who write both names."""
    if message.get("reasoning") is not None and message.get("reasoning") == message.get("reasoning_content"):
        return {key: inner for key, inner in message.items() if key != "reasoning"}
    return message


def system(part: Action) -> Action:
    """Make the action for a system prompt that stands outside of the messages.

    Example: found = Found(); system(part(TEXTS))("Be brief.", "system", found);
    found.system[0].passages[0].text -> "Be brief."
    """

    def act(value: object, where: str, found: Found) -> None:
        if value in (None, "", []):
            return
        inner = Found()
        with about(where):
            content(part)(value, where, inner)
        source = {"role": "system", "content": value}
        found.system.append(
            Message("system", None, inner.passages, where, inner.unknown, inner.uncounted, source)
        )

    return act


def answer(value: object, where: str, found: Found) -> None:
    """Take the schema of an answer.

    Example: found = Found(); answer({"type": "object"}, "schema", found); found.formats -> [("", {"type":
    "object"})]
    """
    found.unknown += schemas.unknown(value, where)
    if value:
        found.formats.append(("", value))


def _json_schema(value: object, where: str, found: Found) -> None:
    """Take the schema of an answer, with its name and description."""
    inner = Found()
    keys: Keys = {"schema": answer, "name": keep("name"), "description": text, "strict": free, "type": free}
    record(keys)(value, where, inner)
    found.formats += [(inner.fields.get("name", ""), schema) for _, schema in inner.formats]
    found.formats += [("", passage.text) for passage in inner.passages]
    found.unknown += inner.unknown


RESPONSE_FORMAT = tagged({"text": {}, "json_object": {}, "json_schema": {"json_schema": _json_schema}})


def format_of_text(value: object, where: str, found: Found) -> None:
    """Take the format of an answer as Responses has it, the schema without a wrapper.

    Example: found = Found(); format_of_text({"type": "json_schema", "schema": {"type": "object"}}, "format",
    found); found.formats -> [("", {"type": "object"})]
    """
    wrapped = isinstance(value, dict) and value.get("type") == "json_schema"
    (_json_schema if wrapped else RESPONSE_FORMAT)(value, where, found)


_NAMED_OBJECT = record({"name": free})
_TOOL = record(
    {"type": free, "name": free, "server_label": free, "function": _NAMED_OBJECT, "custom": _NAMED_OBJECT}
)
_SUBSET: Keys = {"mode": free, "tools": each(_TOOL)}
ALLOWED = record({"type": free, "allowed_tools": record(_SUBSET), **_SUBSET})  # Responses has no wrapper
"""Which tools may be called; all of them stay, and the model is not told."""


def choice(value: object, where: str, found: Found) -> None:
    """Take which tool must be called: by name, or "none".

    Example: found = Found(); choice({"type": "function", "function": {"name": "f"}}, "tool_choice", found);
    found.choice -> "f"
    """
    match value:
        case None | "auto" | "required" | "any":
            pass
        case "none":
            found.choice = "none"
        case {"type": "allowed_tools"}:
            ALLOWED(value, where, found)
        case {"name": str(name), **rest} if rest.keys() <= {"type"}:
            found.choice = name
        case {"function": {"name": str(name), **more}, **rest} if not more and rest.keys() <= {"type"}:
            found.choice = name
        case {"custom": {"name": str(name), **more}, **rest} if not more and rest.keys() <= {"type"}:
            found.choice = name
        case {"type": "auto" | "none" | "required", **rest} if not rest:
            pass
        case _:
            found.unknown.append(where)


def kwargs(value: object, where: str, found: Found) -> None:
    """Take what is meant for the chat template of an open model, as vLLM has it.

    Example: found = Found(); kwargs({"enable_thinking": False}, "", found); found.kwargs ->
    {"enable_thinking": False}
    """
    if not isinstance(value, dict | None):
        raise ValueError(f"{where} is not a JSON object: {short(value)}")
    found.kwargs |= value or {}


def _effort(value: object, where: str, found: Found) -> None:
    """Take how hard to think, which vLLM hands to the template."""
    if isinstance(value, str):
        found.kwargs.setdefault("reasoning_effort", value)


def _documents(value: object, where: str, found: Found) -> None:
    """Take the documents of a template that takes some; nothing else counts them."""
    if isinstance(value, list):
        found.documents = value
    uncounted(value, where, found)


SETTINGS = (
    # OpenAI
    *("frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "metadata"),
    *(
        "modalities",
        "moderation",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
    ),
    *("prompt_cache_options", "prompt_cache_retention", "safety_identifier", "seed", "service_tier"),
    *(
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
    ),
    *("audio", "model"),
    # vLLM, SGLang: sampling, and grammars that the answer is held to
    *("best_of", "top_k", "min_p", "repetition_penalty", "length_penalty", "stop_token_ids", "min_tokens"),
    *("ignore_eos", "skip_special_tokens", "spaces_between_special_tokens", "include_stop_str_in_output"),
    *(
        "bad_words",
        "allowed_token_ids",
        "use_beam_search",
        "truncate_prompt_tokens",
        "prompt_logprobs",
        "echo",
    ),
    *("guided_json", "guided_regex", "guided_choice", "guided_grammar", "guided_decoding_backend"),
    *(
        "structured_outputs",
        "mm_processor_kwargs",
        "priority",
        "request_id",
        "return_token_ids",
        "logits_processors",
    ),
    *(
        "chat_template_content_format",
        "include_reasoning",
        "regex",
        "ebnf",
        "lora_path",
        "separate_reasoning",
    ),
    # OpenRouter, LiteLLM, DeepSeek, Mistral, Qwen
    *("models", "route", "provider", "transforms", "usage", "reasoning", "thinking", "enable_thinking"),
    *("thinking_budget", "random_seed", "drop_params", "api_base", "timeout", "num_retries", "cache_control"),
)
"""What costs no tokens of the request."""

SETTINGS_WITHIN: Keys = {
    "stream_options": settings("include_usage", "include_obfuscation"),
    "audio": settings("voice", "format", "id"),
    "cache_control": CACHE,
    "reasoning": settings(
        *("effort", "summary", "generate_summary", "max_tokens", "exclude", "enabled", "context"),
    ),
    "thinking": THINKING,
    "usage": settings("include"),
}
"""What costs none either, and has keys of its own."""

REQUEST: dict[str, Action] = {
    **dict.fromkeys(SETTINGS, free),
    **SETTINGS_WITHIN,
    "messages": messages(MESSAGE),
    "tools": tools,
    "functions": functions,
    "tool_choice": choice,
    "function_call": choice,
    "response_format": RESPONSE_FORMAT,
    "reasoning_effort": _effort,
    "chat_template_kwargs": kwargs,
    "documents": _documents,
    "add_generation_prompt": lambda value, where, found: found.kwargs.update(add_generation_prompt=value),
    # what puts text before the model: searches, plug-ins, a template of one's own, Mistral's safety prompt
    **dict.fromkeys(
        ("web_search_options", "plugins", "chat_template", "safe_prompt", "prompt_mode"), uncounted
    ),
    **dict.fromkeys(("continue_final_message", "mcp_servers"), uncounted),
}


def body(keys: Keys, rename: Callable[[str], str] = str) -> Action:
    """Make the action for a whole request; "extra_body" holds more of it, as OpenAI's SDK has it.

    Example: found = Found(); body({"model": keep("model")})({"extra_body": {"model": "gpt-4o"}}, "", found);
    found.fields -> {"model": "gpt-4o"}
    """
    return record({**keys, "extra_body": record(keys, rename)}, rename)


READ = body(REQUEST)
