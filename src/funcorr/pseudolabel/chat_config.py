"""Which chat server is asked, and how hard it may be pressed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from funcorr.errors import UserError


@dataclass(frozen=True)
class ChatConfig:
    """Which model, where, and how hard it may be pressed.

    The key is read from the environment when the client is made; it is in no config, file or
    message. It goes only to ``base_url``, which is why ``OPENAI_API_KEY`` is not the default.

    Attributes:
        model: its name on the server.
        base_url: up to and with ``/v1``.
        key_variable: environment variable that holds the key; unset where the server wants none.
        concurrency: most requests under way together.
        per_minute: most requests begun in a minute; None sets no limit.
        timeout: seconds of silence after which a request counts as hung.
        attempts: how often one request is tried. The waits between tries are the openai client's:
            as the server asks (``Retry-After``), else from half a second up to 8 s.
        price_in: per million prompt tokens, in whatever currency.
        price_out: per million answer tokens.
        json_mode: ask the server to enforce JSON where JSON is wanted (not every server can).
    """

    model: str
    base_url: str = "http://127.0.0.1:8000/v1"
    key_variable: str = "FUNCORR_API_KEY"
    concurrency: int = 16
    per_minute: float | None = None
    timeout: float = 120.0
    attempts: int = 6
    price_in: float = 0.0
    price_out: float = 0.0
    json_mode: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(
                f"the server's address must look like http://host:8000/v1, got {self.base_url!r}"
            )
        if parts.username or parts.password or parts.query:
            raise UserError(
                "the server's address holds a user, password or query; "
                f"put the key into the environment variable {self.key_variable}"
            )
        if self.concurrency < 1 or self.attempts < 1 or self.timeout <= 0:
            raise UserError("tries and requests at once must be at least 1, timeout above 0")
        if self.per_minute is not None and self.per_minute <= 0:
            raise UserError(f"per_minute must be above 0, got {self.per_minute}")
