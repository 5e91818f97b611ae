"""One request of each dialect that `tokscope chat` understands, with most of the keys it may have."""

from __future__ import annotations

from typing import Any

SCHEMA = {
    "type": "object",
    "properties": {"town": {"type": "string", "description": "Where the depot stands"}},
    "required": ["town"],
}
FUNCTION = {"name": "find_depot", "description": "Find a depot", "parameters": SCHEMA}
CALL = {"id": "c1", "type": "function", "function": {"name": "find_depot", "arguments": '{"town": "Umeå"}'}}
HELLO = {"role": "user", "content": "Hello"}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel, in base64."""

DIALECTS: dict[str, Any] = {
    "openai": {
        "model": "gpt-4o",
        "temperature": 0.5,
        "stream_options": {"include_usage": True},
        "messages": [
            HELLO,
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "Storgatan 4"}]},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "depot", "strict": True, "schema": SCHEMA},
        },
    },
    "responses": {
        "model": "gpt-5",
        "instructions": "Be brief.",
        "input": [
            HELLO,
            {"type": "reasoning", "id": "r1", "summary": [{"type": "summary_text", "text": "I look it up."}]},
            {"type": "function_call", "call_id": "c1", "name": "find_depot", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "Storgatan 4"},
        ],
        "tools": [{"type": "function", **FUNCTION}],
        "text": {"format": {"type": "json_schema", "name": "depot", "schema": SCHEMA}},
    },
    "anthropic": {
        "model": "claude-sonnet-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "Rain."},
                    },
                    {"type": "text", "text": "Sum up."},
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": [
                            {
                                "type": "search_result",
                                "source": "a.org",
                                "title": "Rain",
                                "content": [{"type": "text", "text": "It rains."}],
                            }
                        ],
                    }
                ],
            },
        ],
        "tools": [{"name": "f", "description": "F", "input_schema": SCHEMA}],
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "Hello"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "find_depot", "args": {"town": "Umeå"}}}]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "find_depot", "response": {"street": "Storgatan"}}}],
            },
            {"role": "model", "parts": [{"executableCode": {"language": "PYTHON", "code": "print(1)"}}]},
        ],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [FUNCTION]}],
        "generationConfig": {"temperature": 0, "responseSchema": SCHEMA},
    },
    "bedrock": {
        "modelId": "anthropic.claude-sonnet-5",
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"text": "Hello"}]},
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "c1", "name": "f", "input": {"a": 1}}}],
            },
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "c1", "content": [{"json": {"b": 2}}]}}],
            },
        ],
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "f", "description": "F", "inputSchema": {"json": SCHEMA}}}]
        },
        "inferenceConfig": {"maxTokens": 100},
    },
    "ollama": {
        "model": "llama3",
        "messages": [
            {"role": "user", "content": "Hello"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}],
            },
            {"role": "tool", "tool_name": "f", "content": "sent"},
        ],
        "options": {"temperature": 0},
    },
    "vercel": {
        "messages": [
            {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "Hello"}]},
            {
                "id": "m2",
                "role": "assistant",
                "parts": [
                    {"type": "step-start"},
                    {"type": "reasoning", "text": "I look it up."},
                    {
                        "type": "tool-find",
                        "toolCallId": "c1",
                        "state": "output-available",
                        "input": {},
                        "output": "x",
                    },
                ],
            },
        ],
        "tools": {"find": {"description": "Find a depot", "inputSchema": SCHEMA}},
    },
    "mcp": {"tools": [{"name": "find_depot", "description": "Find a depot", "inputSchema": SCHEMA}]},
}
