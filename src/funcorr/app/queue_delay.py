"""Keeps a page from losing an event that it sends while the answer to another one ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from funcorr.app.guards import visitor_asking

DELAY = 0.25
"""Seconds between an answer and the acceptance of the next event; slower networks than that may
still lose one."""


class QueueJoinDelay:
    """Holds back ``/queue/join`` until the browser has read how its last answer ended.

    gradio sends answers over one stream per window and closes it when no event is left. An event
    that the browser sends before it has read this, and that is accepted before, would wait for an
    answer on the closed stream, and the page would ignore every further click on the same button.

    Args:
        app: an ASGI application.
        seconds: how long an acceptance waits after an answer; the event itself runs meanwhile.
    """

    def __init__(self, app: Any, seconds: float = DELAY) -> None:
        self.app, self.seconds = app, seconds
        self._answered: dict[str | None, float] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application around another."""
        if scope["type"] == "http":
            visitor = visitor_asking(scope)
            if scope["path"].endswith("/queue/data"):
                send = self._noting(visitor, send)
            elif scope["path"].endswith("/queue/join"):
                send = self._waiting(visitor, send)
        await self.app(scope, receive, send)

    def _noting(self, visitor: str | None, send: Any) -> Callable[[Any], Any]:
        async def noted(message: Any) -> None:
            if b'"process_completed"' in message.get("body", b""):
                now = time.monotonic()
                recent = {k: at for k, at in self._answered.items() if at > now - self.seconds}
                self._answered = {**recent, visitor: now}
            await send(message)

        return noted

    def _waiting(self, visitor: str | None, send: Any) -> Callable[[Any], Any]:
        async def waited(message: Any) -> None:
            if message["type"] == "http.response.start":
                after = self._answered.get(visitor, 0.0) + self.seconds
                await asyncio.sleep(max(after - time.monotonic(), 0.0))
            await send(message)

        return waited
