"""Which failures of a chat server no waiting mends, and what the user is told of a failure."""

from __future__ import annotations

import os
import time
from email.utils import parsedate_to_datetime
from typing import Any

from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.clients import RequestError, ServiceError

QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
"""Codes of a 429 that no waiting mends."""

LONGEST_WAIT = 60.0
"""Seconds; a server that asks (``Retry-After``) for a longer wait is taken to be closed."""

_LONGEST_QUOTE = 160


def stop_vain_retries(response: Any) -> None:
    """Tell the openai client, by a header that it obeys, not to repeat what no waiting mends.

    A response hook of the HTTP client. All other 408, 409, 429 and 5xx, hangs and disconnects the
    openai client repeats by itself.
    """
    if response.status_code < 400:
        return
    response.read()
    spent = response.status_code == 429 and any(code in response.text for code in QUOTA)
    if spent or retry_after(response) > LONGEST_WAIT:
        response.headers["x-should-retry"] = "false"


def retry_after(response: Any) -> float:
    """Seconds that the server asks to wait; 0 where it asks for nothing."""
    value = response.headers.get("retry-after", "0")
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value).timestamp() - time.time()
    except ValueError:
        return 0.0


def explain(error: Exception, config: ChatConfig) -> ServiceError | RequestError:
    """The line that the user reads once nothing more is tried."""
    where, status = config.base_url, getattr(error, "status_code", None)
    if status is None:
        return _explain_silence(error, config)
    if status in (401, 403):
        return ServiceError(
            f"{where} refuses the key ({status}); set the environment variable "
            f"{config.key_variable} to a valid one"
        )
    if status == 402 or getattr(error, "code", None) in QUOTA:
        return ServiceError(f"{where} has no quota left for this key; top it up or wait")
    if status == 404:
        return ServiceError(
            f"{where} has no model {config.model!r}, or no chat endpoint; "
            f"check both names ({_quote(error, config)})"
        )
    if (seconds := retry_after(getattr(error, "response"))) > LONGEST_WAIT:  # noqa: B009
        return ServiceError(
            f"{where} asks to wait {seconds:.0f} s, longer than we do; try again later"
        )
    if status == 413:
        return RequestError(
            f"{where} finds the request too large (413); send smaller pictures (--longest)"
        )
    return RequestError(f"{where} refused a request ({status}): {_quote(error, config)}")


def _explain_silence(error: Exception, config: ChatConfig) -> ServiceError | RequestError:
    """No status at all: hung, or unreachable."""
    if "Timeout" in type(error).__name__:
        return RequestError(
            f"{config.base_url} did not answer within {config.timeout:g} s; allow a longer "
            "timeout or fewer requests at once"
        )
    return ServiceError(
        f"cannot reach {config.base_url} ({_quote(error.__cause__ or error, config)}); "
        "is it running?"
    )


def _quote(error: BaseException, config: ChatConfig) -> str:
    """What the server says, in one short line without the key."""
    text = " ".join(str(getattr(error, "message", None) or error).split())
    if key := os.environ.get(config.key_variable):
        text = text.replace(key, "***")
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."
