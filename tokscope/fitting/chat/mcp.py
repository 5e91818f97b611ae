"""MCP: what a server answers to tools/list, by itself: what its tools cost before anyone speaks.

Keys of the Python SDK, mcp 2.3. Clients send a tool's name, description and inputSchema to the model.
"""

from __future__ import annotations

from tokscope.fitting.chat.keys import Action, free, record
from tokscope.fitting.chat.tools import functions, tools

RESULT: dict[str, Action] = {
    "tools": tools,
    "functions": functions,
    **dict.fromkeys(("nextCursor", "_meta", "ttlMs", "cacheScope", "resultType", "model"), free),
}

READ = record({**RESULT, "result": record(RESULT), "jsonrpc": free, "id": free})
