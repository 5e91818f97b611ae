"""Gemini's generateContent, in JSON's camelCase and in the snake_case of Google's Python SDK.

Keys of google-genai 3.6 (google.genai.types).
"""

from __future__ import annotations

from tokscope.fitting.chat import openai
from tokscope.fitting.chat.keys import (
    Action,
    Found,
    Keys,
    about,
    any_value,
    calling,
    camel,
    content,
    enclosed,
    free,
    keep,
    read_string,
    record,
    resulting,
    settings,
    short,
    text,
    uncounted,
)
from tokscope.fitting.chat.request import Message
from tokscope.fitting.chat.tools import tools


def _part(value: object, where: str, found: Found) -> None:
    """Read a part; what it is stands in its keys, and a thought is a text that says so."""
    if isinstance(value, dict) and value.get("thought") is True:
        record({**PART, "text": read_string("reasoning")}, camel)(value, where, found)
    else:
        record(PART, camel)(value, where, found)


def _response_parts(value: object, where: str, found: Found) -> None:
    content(_part)(value, where, found)


PART: Keys = {
    "text": text,
    "functionCall": calling({"partialArgs": uncounted, "willContinue": free}, arguments="args"),
    "functionResponse": resulting(
        {"response": any_value, "parts": _response_parts, "willContinue": free, "scheduling": free},
        id="id",
        name="name",
    ),
    "executableCode": record({"code": text, "language": text, "id": free}, camel),
    "codeExecutionResult": record({"output": text, "outcome": text, "id": free}, camel),
    **dict.fromkeys(("inlineData", "fileData"), enclosed),
    **dict.fromkeys(("toolCall", "toolResponse", "audioTranscription"), uncounted),
    # about the picture or the sound beside them
    **dict.fromkeys(("videoMetadata", "mediaResolution", "mediaProcessing", "speechMetadata"), free),
    **dict.fromkeys(("documentMetadata", "spreadsheetMetadata", "audioMetadata", "partMetadata"), free),
    **dict.fromkeys(("thought", "thoughtSignature"), free),
}

CONTENT: Keys = {"role": keep("role"), "parts": content(_part)}


def _contents(value: object, where: str, found: Found) -> None:
    """Read the contents: a list of them, one alone, or what the SDK makes one of: a text, a part."""
    if not isinstance(value, list | str | dict):
        raise ValueError(f"{where} is not a list of contents: {short(value)}")
    for number, one in enumerate(value if isinstance(value, list) else [value], 1):
        place = f"{where}[{number - 1}]" if isinstance(value, list) else where
        with about(f"message {number}"):
            found.messages.append(_content(one, place))


def _content(value: object, where: str) -> Message:
    if isinstance(value, str):
        value = {"parts": [{"text": value}]}
    elif isinstance(value, dict) and {camel(key) for key in value} & PART.keys():
        value = {"parts": [value]}
    if isinstance(value, dict) and "parts" not in value:
        raise ValueError(f"has no parts; its keys are {', '.join(value) or 'none'}")
    inner = Found()
    record(CONTENT)(value, where, inner)
    return inner.message(inner.fields.get("role", "user"), where)


def _system(value: object, where: str, found: Found) -> None:
    """Read the system prompt: a content, or a text."""
    if value:
        found.system.append(_content(value, where)._replace(role="system"))


GENERATION = {
    "thinkingConfig": settings("includeThoughts", "thinkingBudget", "thinkingLevel"),
    "responseSchema": openai.answer,
    "responseJsonSchema": openai.answer,
    **dict.fromkeys(
        (
            *("responseMimeType", "responseModalities", "candidateCount", "maxOutputTokens", "stopSequences"),
            *("temperature", "topK", "topP", "seed", "presencePenalty", "frequencyPenalty", "logprobs"),
            *("responseLogprobs", "routingConfig", "modelSelectionConfig", "speechConfig"),
            *("imageConfig", "mediaResolution", "audioTimestamp", "enableAffectiveDialog"),
            *("enableEnhancedCivicAnswers", "translationConfig", "audioTranscriptionConfig"),
        ),
        free,
    ),
}
"""How an answer is to be."""

SETTINGS = (
    *("model", "safetySettings", "labels", "serviceTier", "store", "modelArmorConfig", "toolConfig"),
    *("automaticFunctionCalling", "httpOptions", "shouldReturnHttpResponse", "generationOutputConfig"),
)

REQUEST: dict[str, Action] = {
    **dict.fromkeys(SETTINGS, free),
    "safetySettings": settings("category", "threshold", "method"),
    "toolConfig": settings(
        *("functionCallingConfig", "mode", "allowedFunctionNames", "retrievalConfig", "latLng", "latitude"),
        *("longitude", "languageCode", "includeServerSideToolInvocations"),
    ),
    "contents": _contents,
    "systemInstruction": _system,
    "tools": tools,
    "generationConfig": record(GENERATION, camel),
    "cachedContent": uncounted,
    **dict.fromkeys(("continuationToken", "automaticContinuation"), uncounted),
}

READ = record(
    {
        **REQUEST,
        # what the SDK calls config holds the rest of the request
        "config": record({**REQUEST, **GENERATION}, camel),
    },
    camel,
)
