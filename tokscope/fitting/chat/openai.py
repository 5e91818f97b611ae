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
    each,
    free,
    keep,
    record,
    settings,
    short,
    tagged,
    text,
    uncounted,
)
from tokscope.fitting.chat.openai_messages import CACHE, MESSAGE, messages
from tokscope.fitting.chat.tools import functions, tools

THINKING = settings("type", "budget_tokens", "display", "keep", "clear_thinking")
"""What DeepSeek, GLM, OpenRouter and Anthropic take."""


def answer(value: object, where: str, found: Found) -> None:
    """Take the schema of an answer.

    Example: found = Found(); answer({"type": "object"}, "schema", found); found.formats -> [("", {"type":
    "object"})]
    """
    found.unknown += schemas.unknown_keys(value, where)
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


def _template_documents(value: object, where: str, found: Found) -> None:
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
    "documents": _template_documents,
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
