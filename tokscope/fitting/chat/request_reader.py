"""Reading: from a document to the chat requests in it: one in JSON, or many in JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from itertools import chain, starmap
from pathlib import PurePath

from tokscope.errors import InputError, Problem
from tokscope.files.parsing import DEEP, Repeating, json_of
from tokscope.fitting.chat import (
    anthropic,
    bedrock,
    gemini,
    mcp,
    ollama,
    openai,
    openai_messages,
    responses,
    vercel,
)
from tokscope.fitting.chat.keys import Action, Found, an_object, camel, free, place_within, record
from tokscope.fitting.chat.request import Object, Request, request_json
from tokscope.fitting.chat.tools import DECLARATIONS
from tokscope.inputs import Document
from tokscope.split import mended

DIALECTS: dict[str, Action] = {
    "openai": openai.READ,
    "responses": responses.READ,
    "anthropic": anthropic.READ,
    "gemini": gemini.READ,
    "bedrock": bedrock.READ,
    "ollama": ollama.READ,
    "vercel": vercel.READ,
    "mcp": mcp.READ,
}

WRAPPERS = {
    "body": ("custom_id", "method", "url"),  # a line of OpenAI's Batch
    "params": ("custom_id",),  # of Anthropic's
    "request": ("key", "metadata"),  # of Gemini's
    "generateContentRequest": ("model",),  # what Gemini's countTokens takes
}
"""The keys that hold a whole request, and what is beside each and costs nothing."""

ANSWERS = ("preferred_output", "non_preferred_output")
"""The keys of the two answers in a row of OpenAI's preference tuning, beside `input`."""


def read_all(document: Document, report: Problem) -> list[tuple[str, Request]]:
    """Read every request of a document, with its name where there are several ("line 3").

    Example: read_all(Document.of_text('[{"role": "user", "content": "Hi"}]', Decoding()),
    print)[0][1].dialect -> "openai"

    A line that is not a request is reported, and the rest goes on; a conversation with a message a line is
    then known to lack something. Raises InputError for a document that is not one.
    """
    found: list[tuple[str, Request]] = []
    lost: list[str] = []
    for name, value in chain.from_iterable(starmap(_conversations, _values(document))):
        try:
            if isinstance(value, ValueError):  # of a line that is not JSON
                raise value
            read = request(value)
            found.append((name, read if name else read._replace(unknown=[*read.unknown, *lost])))
        except RecursionError:
            problem = DEEP
        except ValueError as error:
            problem = str(error)
        else:
            continue
        failed = InputError(document.path, f"{name}: {problem}" if name else problem)
        if not name:
            raise failed
        lost.append(name)
        report(failed)
    return found


def _values(document: Document) -> Iterator[tuple[str, object]]:
    """Parse a document: as one value, else each line as one; an error takes the place of a broken one."""
    text = document.read().removeprefix("\ufeff")
    try:
        value = json_of(text, repeating=True)
    except ValueError as error:
        yield from _parse_lines(
            text, error, named=PurePath(document.path).suffix.lower() in (".jsonl", ".ndjson")
        )
        return
    several = _batched_requests(value)
    yield from [("", value)] if several is None else enumerate_named("request", several)


def _parse_lines(text: str, error: ValueError, *, named: bool) -> Iterator[tuple[str, object]]:
    """Parse a text line by line; gives `error` for the whole where it is not JSON Lines.

    It is where its name says so, or where most lines are an object or a list, from their first character to
    their last: those of one JSON that is broken somewhere seldom are.
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    values: list[tuple[str, object]] = []
    for number, line in lines:
        try:
            values.append((f"line {number}", json_of(line, repeating=True)))
        except ValueError as problem:
            values.append((f"line {number}", problem))
    bad = [(name, value) for name, value in values if isinstance(value, ValueError)]
    whole = [value for _, value in values if isinstance(value, dict | list)]
    if not lines or (not named and (len(lines) < 2 or len(whole) < len(bad))):
        json_begun = not text.strip() or text.lstrip()[0] in "[{"
        alone = "a chat request is JSON; to count a text alone: tokscope count"
        yield "", error if json_begun else ValueError(f"{error}; {alone}")
    elif whole and all(isinstance(one, dict) and "role" in one and "messages" not in one for one in whole):
        yield from bad
        yield "", [value for _, value in values if not isinstance(value, ValueError)]  # a message a line
    else:
        yield from values


def enumerate_named(name: str, values: list[object]) -> Iterator[tuple[str, object]]:
    """Number values from 1.

    Example: ("request", ["a", "b"]) -> ("request 1", "a"), ("request 2", "b")
    """
    for number, value in enumerate(values, 1):
        yield f"{name} {number}", value


def _batched_requests(value: object) -> list[object] | None:
    """Give the requests of a JSON that holds a list of them: Anthropic's batches, or a bare list."""
    if isinstance(value, dict) and value.keys() == {"requests"} and not isinstance(value, Repeating):
        value = value["requests"]
    if not isinstance(value, list) or not value:
        return None
    bodies = ("messages", "contents", "input", *WRAPPERS)
    whole = all(
        isinstance(one, dict) and "role" not in one and any(key in one for key in bodies) for one in value
    )
    return value if whole and not any("type" in one for one in value) else None


def request(value: object) -> Request:
    """Tell the dialect of a request, and walk it. Raises ValueError.

    Example: request({"contents": "Hi"}).dialect -> "gemini"
    """
    unknown: list[str] = []
    halves: list[str] = []
    where = ""
    if isinstance(value, list):
        value = _of_list(value)
    given = an_object(_mend_strings(value, "", unknown, halves), "the request")
    while (wrapper := _wrapper(given)) is not None:
        key, beside = wrapper
        inner = an_object(given[key], key)
        outer = Found()
        record({**dict.fromkeys(beside, free), key: free})(given, where, outer)
        unknown += outer.unknown
        where = f"{where}.{key}" if where else key
        given = inner if "model" in inner or "model" not in given else {"model": given["model"], **inner}
    given = _of_preferences(given)
    if str(given.get("model") or "").startswith("text-embedding"):
        raise ValueError(f"{given['model']} has no chat: tokscope count counts what it embeds")
    dialect = dialect_of(given)
    found = Found()
    DIALECTS[dialect](given, where, found)
    return Request(
        dialect,
        _requested_model(given),
        [*found.system, *found.messages],
        found.tools,
        found.functions,
        found.choice,
        found.formats,
        found.kwargs,
        found.documents,
        [*unknown, *found.unknown],
        found.uncounted,
        halves,
    )


def _conversations(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Give the two conversations of a row of OpenAI's preference tuning, a question with either answer.

    Anything else is given as it is: https://platform.openai.com/docs/guides/direct-preference-optimization
    """
    answers = [key for key in ANSWERS if key in value] if isinstance(value, dict) and _asks(value) else []
    if not isinstance(value, dict) or not answers:
        yield name, value
        return
    for answer in answers:
        row = copy(value)  # which keeps what is known of keys that come twice
        for other in {*answers} - {answer}:
            del row[other]
        yield f"{name}: {answer}" if name else answer, row


def _asks(given: Object) -> bool:
    """Say whether it is a row of preference tuning, whose question is under `input`."""
    return isinstance(question := given.get("input"), dict) and "messages" in question


def _of_preferences(given: Object) -> Object:
    """Put the messages of such a row, a question and an answer, into one list."""
    if not _asks(given):
        return given
    question = an_object(given["input"], "input")
    beside = {key: inner for key, inner in given.items() if key not in ("input", *ANSWERS)}
    parts = [question["messages"], *(given[key] for key in ANSWERS if key in given)]
    messages = [one for part in parts for one in (part if isinstance(part, list) else [part])]
    return {**beside, **question, "messages": messages}


def _requested_model(given: Object) -> str:
    """Give the model that a request names. Raises ValueError."""
    model = given.get("model") or given.get("modelId") or ""
    if not isinstance(model, str):
        raise ValueError(f"model is not text: {request_json(model)[:40]}")
    return model.removeprefix("models/")  # as Gemini has it


def _mend_strings(value: object, where: str, repeated: list[str], halves: list[str]) -> object:
    """Make text of every string; note the places of keys that come twice, and of what was not text."""
    if isinstance(value, dict):
        if isinstance(value, Repeating):
            repeated += (f"{place_within(where, mended(key))} (given twice)" for key in value.repeated)
        return {
            mended(key): _mend_strings(inner, place_within(where, mended(key)), repeated, halves)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_mend_strings(one, f"{where}[{i}]", repeated, halves) for i, one in enumerate(value)]
    if isinstance(value, str) and (text := mended(value)) is not value:
        halves.append(where)
        return text
    return value


def _wrapper(given: Object) -> tuple[str, tuple[str, ...]] | None:
    """Find the key that holds the request itself, where what is given is not a request."""
    if {"messages", "contents", "input"} & given.keys():
        return None
    for name, beside in WRAPPERS.items():
        for key in given:
            if camel(key) == name and isinstance(given[key], dict):
                return key, beside
    return None


def _of_list(items: list[object]) -> Object:
    """Tell what a bare list is: messages, contents of Gemini, items of Responses, or tools."""
    objects = [item for item in items if isinstance(item, dict)]
    if any("parts" in item and "content" not in item and "id" not in item for item in objects):
        return {"contents": items}
    kinds = {kind for item in objects if isinstance(kind := item.get("type"), str)}
    if kinds & responses.ITEMS.keys() - {"message"}:
        return {"input": items}
    if objects and not any("role" in item for item in objects) and all(map(_is_tool, objects)):
        return {"tools": items}
    return {"messages": items}


def _is_tool(item: Object) -> bool:
    return (
        item.get("type") == "function"
        or "toolSpec" in item
        or bool(DECLARATIONS & item.keys())
        or (
            "name" in item
            and bool({"description", "inputSchema", "input_schema", "parameters"} & item.keys())
        )
    )


def dialect_of(given: Object) -> str:
    """Tell whose request it is, by the keys that only one dialect has. Raises ValueError.

    Example: dialect_of({"messages": [], "system": "Be brief."}) -> "anthropic"
    """
    keys = given.keys()
    if {"contents", "systemInstruction", "system_instruction", "generationConfig"} & keys:
        return "gemini"
    if "messages" not in keys:
        if {"input", "instructions", "previous_response_id"} & keys:
            return "responses"
        if {"tools", "functions", "result"} & keys:
            return "mcp"
        raise ValueError(
            "not a chat request: one has messages (OpenAI, Anthropic, Bedrock), contents (Gemini), input "
            f"(OpenAI Responses) or tools; the keys here are {', '.join(given) or 'none'}"
        )
    messages = [one for one in _as_list(given["messages"]) if isinstance(one, dict)]
    parts = [part for one in messages for part in _as_list(one.get("content")) if isinstance(part, dict)]
    kinds = {part["type"] for part in parts if isinstance(part.get("type"), str)}
    if {"toolConfig", "inferenceConfig", "modelId", "guardrailConfig"} & keys or (
        "model" not in keys
        and any("type" not in part and part.keys() & bedrock.CONTENT_BLOCK.keys() for part in parts)
    ):
        return "bedrock"
    if (
        any("parts" in one for one in messages)
        or kinds & {"tool-call", "tool-result"}
        or "toolChoice" in keys
    ):
        return "vercel"
    if isinstance(given.get("tools"), dict):
        return "vercel"
    if _is_anthropic(given, kinds):
        return "anthropic"
    if any("images" in one or "tool_name" in one for one in messages) or {"keep_alive", "options"} & keys:
        return "ollama"
    return "openai"


def _is_anthropic(given: Object, kinds: set[str]) -> bool:
    """Say whether messages are Anthropic's, and not OpenAI's: by the model, a key, a tool or a block."""
    if {"system", "anthropic_version"} & given.keys() or "claude" in str(given.get("model") or ""):
        return True
    if any(isinstance(tool, dict) and "input_schema" in tool for tool in _as_list(given.get("tools"))):
        return True
    return bool(
        kinds
        & (
            anthropic.TEXT_BLOCKS.keys() - openai_messages.TEXTS.keys()
            | set(anthropic.CALLS)
            | {"tool_result"}
        )
    )


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
