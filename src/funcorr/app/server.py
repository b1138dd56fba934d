"""One page over HTTP, safe by default: loopback only, limits, a password, a health check."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from funcorr import __version__
from funcorr.app.folder import raised_on_termination, remove_unused
from funcorr.app.guards import BODY_SLACK, UPLOADS, LimitedBody, OwnUploads
from funcorr.app.queue_delay import QueueJoinDelay
from funcorr.app.style import CSS, theme
from funcorr.errors import UserError, require

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"

CLEANUP_SECONDS = 30.0


@dataclass(frozen=True)
class ServerConfig:
    """How a page is served.

    Attributes:
        port: 0 takes a free one.
        public: whether other machines can reach it.
        password: asked of every visitor; any user name goes with it.
        upload_mb: largest upload in megabytes.
        keep_minutes: uploads and results that nobody used for so long are removed.
    """

    port: int = 7860
    public: bool = False
    password: str | None = None
    upload_mb: float = 20.0
    keep_minutes: float = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UserError(f"a port is a number from 0 to 65535, got {self.port}")
        if self.password is not None and not self.password:
            raise UserError("the password is empty; give one of at least one sign, or none")
        if self.upload_mb <= 0 or self.keep_minutes <= 0:
            raise UserError("the upload limit and the time to keep files must be above 0")


def serve(page: Any, folder: Path, config: ServerConfig) -> None:
    """Serve a page until it is interrupted.

    Args:
        page: the gradio Blocks.
        folder: of its uploads.
        config: address and limits.

    Raises:
        UserError: the port is taken.
    """
    uvicorn = require("uvicorn", extra="app")
    with _listening(config) as listener:
        application = build_application(page, folder, config)
        port = listener.getsockname()[1]
        if config.public:
            print(f"warning: {public_warning(config)}", file=sys.stderr, flush=True)
        print(f"http://{LOOPBACK}:{port}  (stop with Ctrl+C)", flush=True)
        settings = uvicorn.Config(
            application, log_level="warning", timeout_graceful_shutdown=2, server_header=False
        )
        # uvicorn shuts down at a signal and raises it again, so that what is around here cleans up
        stop = KeyboardInterrupt()
        with contextlib.suppress(KeyboardInterrupt), raised_on_termination(stop):
            uvicorn.Server(settings).run(sockets=[listener])


def public_warning(config: ServerConfig) -> str:
    """What a person should know who opens the page to other machines."""
    who = "anyone who reaches this machine can use the page"
    if config.password is not None:
        who = "anyone with the password can use the page; it travels unencrypted without a proxy"
    return f"{who}; leave out --public to serve this machine alone"


def read_password(path: Path) -> str:
    """The first line of a file.

    Raises:
        UserError: it cannot be read, or its first line is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the password from {path}: {error}") from None
    if not lines or not lines[0].strip():
        raise UserError(f"the first line of {path} is empty; expected the password")
    return lines[0].strip()


def build_application(page: Any, folder: Path, config: ServerConfig) -> Any:
    """The web application: the page at ``/``, ``/health`` beside it.

    Args:
        page: the gradio Blocks.
        folder: of its uploads.
        config: limits and password.
    """
    fastapi, gr = require("fastapi", extra="app"), require("gradio", extra="app")
    application = fastapi.FastAPI(
        docs_url=None, redoc_url=None, openapi_url=None, lifespan=_cleaning(folder, config)
    )

    @application.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    application.add_middleware(QueueJoinDelay)
    application.add_middleware(OwnUploads, uploads=UPLOADS)
    application.add_middleware(LimitedBody, limit=int(config.upload_mb * 2**20) + BODY_SLACK)
    if not config.public:
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        application.add_middleware(  # no other name may lead a browser here (DNS rebinding)
            TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"]
        )
    return gr.mount_gradio_app(
        application,
        page.queue(max_size=100),
        path="/",
        auth=None if config.password is None else _checks(config.password),
        auth_message="Any name, and the password of this page.",
        max_file_size=int(config.upload_mb * 2**20),
        show_error=False,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        theme=theme(),
        css=CSS,
    )


def _checks(password: str) -> Callable[[str, str], bool]:
    """Compares in constant time; the user name does not matter."""
    return lambda _user, given: hmac.compare_digest(given.encode(), password.encode())


def _cleaning(folder: Path, config: ServerConfig) -> Callable[[Any], Any]:
    """The application's lifetime, in which files that nobody uses are removed."""

    @contextlib.asynccontextmanager
    async def lifespan(_application: Any) -> AsyncIterator[None]:
        examples = frozenset(folder.rglob("*"))  # the page's own pictures
        for path in examples:
            UPLOADS.share(str(path))  # a visitor may upload an equal file, which has the same path

        async def run() -> None:
            while True:
                await asyncio.sleep(CLEANUP_SECONDS)
                await asyncio.to_thread(remove_unused, folder, config.keep_minutes * 60, examples)

        cleanup = asyncio.create_task(run())
        yield
        cleanup.cancel()

    return lifespan


@contextlib.contextmanager
def _listening(config: ServerConfig) -> Any:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((EVERYWHERE if config.public else LOOPBACK, config.port))
        listener.listen()  # who reads the address may ask at once, and waits until it is answered
    except OSError as error:
        listener.close()
        raise UserError(
            f"cannot listen on port {config.port}: {error.strerror}; choose another with --port"
        ) from None
    with listener:
        yield listener
