"""`play --web`: who is answered, and that the page asks nobody else."""

from __future__ import annotations

import asyncio
import re

from aiohttp.test_utils import TestClient, TestServer

from tokscope.playground.web import COOKIE, HOST, PlaygroundServer


def test_only_who_has_the_key_is_answered() -> None:
    async def ask() -> None:
        server = PlaygroundServer(["play"])
        client = TestClient(TestServer(await server._make_app(), port=server.port))
        key = {COOKIE: server.key}
        async with client:
            for path, query, headers, status in (
                ("/", {}, {}, 403),
                ("/", {COOKIE: "wrong"}, {}, 403),
                ("/ws", {}, {}, 403),
                ("/static/js/textual.js", {}, {}, 403),
                ("/focus.js", {}, {}, 403),
                ("/", key, {"Origin": "http://example.org"}, 403),
                ("/ws", key, {"Origin": "http://example.org"}, 403),
                ("/", key, {"Host": f"example.org:{server.port}"}, 403),
                ("/", key, {"Origin": f"http://{HOST}:{server.port}"}, 200),
                ("/focus.js", {}, {}, 200),
                ("/static/js/textual.js", {}, {}, 200),  # by the cookie that came with the page
            ):
                answer = await client.get(path, params=query, headers=headers)
                assert answer.status == status, (path, query, headers)
            page = await (await client.get("/")).text()
            assert {*re.findall(r"\w+://[^/\"]+", page)} == {
                f"{s}://{HOST}:{server.port}" for s in ("http", "ws")
            }
            assert server.address.endswith(server.key) and server.key not in page

    asyncio.run(ask())
