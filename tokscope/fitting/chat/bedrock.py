"""Amazon Bedrock's Converse. Keys of botocore 1.44 (bedrock-runtime)."""

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
    reasoning,
    record,
    resulting,
    settings,
    text,
    uncounted,
)
from tokscope.fitting.chat.tools import tools


def _blocks(value: object, where: str, found: Found) -> None:
    content(record(CONTENT_BLOCK))(value, where, found)


_SEARCH_RESULT = record({"source": text, "title": text, "content": _blocks, "citations": free})
_SOURCE = record({"text": text, "content": _blocks, "bytes": uncounted, "s3Location": uncounted})
_DOCUMENT = record({"format": free, "name": text, "context": text, "citations": free, "source": _SOURCE})

CONTENT_BLOCK: Keys = {
    "text": text,
    "toolUse": calling({"type": free}, arguments="input", id="toolUseId"),
    "toolResult": resulting({"content": _blocks, "status": free, "type": free}, id="toolUseId"),
    "json": any_value,
    "document": _DOCUMENT,
    "searchResult": _SEARCH_RESULT,
    "guardContent": record({"text": record({"text": text, "qualifiers": free}), "image": uncounted}),
    "reasoningContent": record(
        {"reasoningText": record({"text": reasoning, "signature": free}), "redactedContent": uncounted}
    ),
    "citationsContent": record({"content": _blocks, "citations": free}),
    "cachePoint": settings("type", "ttl"),
    **dict.fromkeys(("image", "video", "audio"), enclosed),
    **dict.fromkeys(("toolAddition", "toolRemoval"), uncounted),
}

MESSAGE: Keys = {"role": keep("role"), "content": content(record(CONTENT_BLOCK))}


def _schema(value: object, where: str, found: Found) -> None:
    """Take an answer's schema, which Converse has as a text of JSON."""
    if isinstance(value, str):
        found.formats.append(("", value))
    else:
        openai.answer(value, where, found)


_JSON_SCHEMA = record({"schema": _schema, "name": free, "description": _schema})
_TEXT_FORMAT = record({"type": free, "structure": record({"jsonSchema": _JSON_SCHEMA})})

SETTINGS = (
    *("modelId", "model", "inferenceConfig", "guardrailConfig", "projectIdentifier", "requestMetadata"),
    *("additionalModelResponseFieldPaths", "performanceConfig", "serviceTier"),
)

REQUEST: dict[str, Action] = {
    **dict.fromkeys(SETTINGS, free),
    "inferenceConfig": settings("maxTokens", "temperature", "topP", "stopSequences"),
    "messages": openai_messages.messages(MESSAGE),
    "system": openai_messages.system(record(CONTENT_BLOCK)),
    "toolConfig": record({"tools": tools, "toolChoice": settings("auto", "any", "tool", "name")}),
    "outputConfig": record({"textFormat": _TEXT_FORMAT, "effort": free}),
    # what goes to the model as it stands, or into a prompt that is kept by Amazon
    **dict.fromkeys(("additionalModelRequestFields", "promptVariables"), uncounted),
}

READ = record(REQUEST)
