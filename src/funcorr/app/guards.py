"""What stands before a page: no body above a limit, no file that the browser did not bring."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from funcorr.errors import UserError

BODY_SLACK = 1_000_000
"""Bytes that a request may have beyond an upload: the frame of the form, other fields."""

COOKIE = "funcorr-visitor"
"""A random name for each browser, so that it can be told which uploads are its own."""

REMEMBERED = 10_000
"""Uploads whose browser is known; the oldest are forgotten and have to be sent again."""


@dataclass
class Uploads:
    """Which browser brought which file; the page's own examples are everyone's."""

    _owners: dict[str, set[str]] = field(default_factory=dict)
    _shared: set[str] = field(default_factory=set)

    def share(self, path: str) -> None:
        """A file that anyone may name."""
        self._shared.add(_canonical(path))

    def note(self, visitor: str, paths: Iterable[str]) -> None:
        """Files that a browser has brought; equal files of two browsers have one path."""
        for path in map(_canonical, paths):
            owners = self._owners.pop(path, set())
            self._owners[path] = owners | {visitor}
        while len(self._owners) > REMEMBERED:
            self._owners.pop(next(iter(self._owners)))

    def check(self, visitor: str | None, path: str) -> None:
        """See that a browser may name a file.

        Raises:
            UserError: another one brought it, or nobody did.
        """
        place = _canonical(path)
        if place not in self._shared and visitor not in self._owners.get(place, ()):
            raise UserError(
                f"{Path(path).name} was not uploaded from this browser, or long ago; upload it "
                "again (the page needs its cookie)"
            )

    def is_foreign(self, visitor: str | None, path: str) -> bool:
        """Whether only other browsers have brought a file that is not everyone's."""
        place = _canonical(path)
        return place not in self._shared and visitor not in self._owners.get(place, {visitor})


UPLOADS = Uploads()
"""Of the page that this process serves."""


class OwnUploads:
    """Gives each browser a name, and notes under it what the browser uploads.

    gradio would also fetch addresses for visitors, by ``file=http://...``; that is refused.

    Args:
        app: an ASGI application.
        uploads: where it is noted.
    """

    def __init__(self, app: Any, uploads: Uploads) -> None:
        self.app, self.uploads = app, uploads

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application around another."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visitor = visitor_asking(scope)
        if _asks_elsewhere(scope["path"]):
            await refuse(send, 403, "no address is fetched for a visitor")
        elif any(self.uploads.is_foreign(visitor, path) for path in _files_asked(scope["path"])):
            await refuse(send, 403, "this file was uploaded from another browser")
        else:
            await self.app(scope, receive, self._noting(scope, send, visitor))

    def _noting(self, scope: Any, send: Any, known: str | None) -> Callable[[Any], Any]:
        visitor = known or secrets.token_urlsafe(24)
        takes_files = scope["method"] == "POST" and scope["path"].endswith("/upload")
        body = bytearray()

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start" and known is None:
                cookie = f"{COOKIE}={visitor}; Path=/; HttpOnly; SameSite=Strict"
                headers = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
                message = {**message, "headers": headers}
            elif takes_files and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self.uploads.note(visitor, _listed(bytes(body)))
            await send(message)

        return noted


class LimitedBody:
    """Refuses requests whose body is larger than a limit, announced or not.

    A connection that is closed while its body still arrives is reset, and the refusal with it: the
    rest is read and dropped, up to ten times the limit.

    Args:
        app: an ASGI application.
        limit: bytes.
    """

    def __init__(self, app: Any, limit: int) -> None:
        self.app, self.limit = app, limit
        self._words = f"more than {(limit - BODY_SLACK) / 2**20:g} MB; send a smaller file"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application around another."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        too_large = not announced.isdigit() or int(announced) > self.limit
        if too_large or await self._passes_limit(scope, receive, send):
            await refuse(send, 413, self._words, _drained(receive, 10 * self.limit))

    async def _passes_limit(self, scope: Any, receive: Any, send: Any) -> bool:
        """Answer, or say that the body passed the limit before the answer began."""
        received, answering = 0, False

        async def counted() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return {"type": "http.disconnect"} if received > self.limit else message

        async def noted(message: Any) -> None:
            nonlocal answering
            if answering or received <= self.limit:
                answering = True
                await send(message)

        try:
            await self.app(scope, counted, noted)
        except Exception:  # of a body that ends early, whatever the application makes of it
            if answering or received <= self.limit:
                raise
        return received > self.limit and not answering


def visitor_asking(scope: Any) -> str | None:
    """The browser's name in an ASGI request."""
    return visitor_of(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))


def visitor_of(cookies: str) -> str | None:
    """The browser's name in a ``Cookie`` header.

    Example:
        >>> visitor_of("a=1; funcorr-visitor=xyz")
        'xyz'
    """
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value:
            return value
    return None


def _unescaped(text: str) -> str:
    """Without the escapes of an address, however often it was escaped."""
    while (plain := unquote(text)) != text:
        text = plain
    return text


def _files_asked(path: str) -> list[str]:
    """The files that a request may mean: gradio takes ``/file=`` and, as it did, ``/file/``."""
    place = _unescaped(path)
    return [place[match.end() :] for match in re.finditer("/file[=/]", place)]


def _canonical(path: str) -> str:
    """One name per file, whatever slashes, dots, links and escapes a request has in it."""
    try:
        return os.path.realpath("/" + os.path.abspath(_unescaped(path)).lstrip("/"))  # noqa: PTH100
    except ValueError:  # no file has a NUL in its name
        return path


def _asks_elsewhere(path: str) -> bool:
    """Servers may write ``//`` as ``/``, and browsers may escape twice."""
    place = _unescaped(path).lower()
    return "/proxy=" in place or any(f"{kind}:/" in place for kind in ("http", "https", "ftp"))


async def refuse(
    send: Any, status: int, why: str, rest: Coroutine[Any, Any, None] | None = None
) -> None:
    """An ASGI answer of one line, which ends when the ``rest`` of the request has been read."""
    body = json.dumps({"detail": why}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": rest is not None})
    if rest is not None:
        await rest
        await send({"type": "http.response.body", "body": b""})


async def _drained(receive: Any, most: int) -> None:
    """Read and drop what is left of a request, up to a number of bytes."""
    more = True
    while more and most > 0:
        message = await receive()
        most -= len(message.get("body", b""))
        more = message.get("more_body", False)


def _listed(body: bytes) -> list[str]:
    """The paths in an answer to an upload; none where it was refused."""
    try:
        paths = json.loads(body)
    except ValueError:
        return []
    return [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
