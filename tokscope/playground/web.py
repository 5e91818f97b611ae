"""The web: the screen in a browser on this machine, by textual-serve, without a network.

Each page that is opened has a process of its own. Who may type into it may read files, so only pages of this
server are answered (others may be open in the same browser, and their names may lead to this address), and
only for who has the key that the printed address holds.
"""

from __future__ import annotations

import logging
import secrets
import shlex
import socket
import sys
from collections.abc import Sequence
from hmac import compare_digest
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

HOST = "127.0.0.1"
COOKIE = "key"


class PlaygroundServer(Server):
    """Serves `tokscope play` on this machine alone.

    Example: PlaygroundServer(["play", "notes.md"]).serve()
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        command = shlex.join([sys.executable, "-m", "tokscope", *arguments])
        super().__init__(command, HOST, _free_port(), "tokscope play", templates_path=Path(__file__).parent)
        self.key = secrets.token_urlsafe()

    @property
    def address(self) -> str:
        """What to open.

        Example: PlaygroundServer(["play"]).address -> "http://127.0.0.1:46831/?key=..."
        """
        return f"{self.public_url}/?{COOKIE}={self.key}"

    def initialize_logging(self) -> None:
        """Say nothing but errors.

        Example: PlaygroundServer(["play"]).initialize_logging()
        """
        logging.basicConfig(level=logging.ERROR, format="tokscope: %(message)s")

    async def on_startup(self, app: web.Application) -> None:
        """Say where it is.

        Example: server.serve(), which calls it, prints "http://127.0.0.1:46831/?key=..."
        """
        print(f"{self.address}\nCtrl-C ends it", flush=True)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        app.router.add_get("/focus.js", _send_focus)
        return app

    @property
    def _guard(self) -> Middleware:
        here = f"{HOST}:{self.port}"

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            given = request.query.get(COOKIE) or request.cookies.get(COOKIE) or ""
            foreign = request.headers.get("Origin", f"http://{here}") != f"http://{here}"
            if request.host != here or foreign or not compare_digest(given.encode(), self.key.encode()):
                raise web.HTTPForbidden(text="open the address that tokscope play --web has printed\n")
            response = await handler(request)
            if not response.prepared:
                response.set_cookie(COOKIE, self.key, httponly=True, samesite="Strict")
                response.headers["Referrer-Policy"] = "no-referrer"
                response.headers["Content-Security-Policy"] = (
                    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                    f"font-src 'self'; img-src 'self' data:; connect-src 'self' ws://{here}"
                )
            return response

        return guard


async def _send_focus(request: web.Request) -> web.FileResponse:
    return web.FileResponse(Path(__file__).parent / "app_focus.js")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])
