"""Which failures of a chat server pass, how long to wait, and what the user is told of the rest."""

from __future__ import annotations

import os
import random
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from funcorr.pseudolabel.clients import RequestError, ServiceError

if TYPE_CHECKING:
    from funcorr.pseudolabel.openai_client import ChatConfig

QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
"""Codes of a 429 that no waiting mends."""

_LONGEST_QUOTE = 160


def is_transient(error: BaseException, config: ChatConfig) -> bool:
    """Whether trying again may help: 408, 409, 429, 5xx, hangs, disconnects, empty answers."""
    status = getattr(error, "status_code", None)
    if status is None:
        return isinstance(error, ValueError) or _is_connection_error(error)
    if _is_out_of_quota(error) or (retry_after(error) or 0) > config.longest_wait:
        return False
    return status in (408, 409, 425, 429) or status >= 500


def seconds_to_wait(state: Any, config: ChatConfig) -> float:
    """Doubling waits with jitter, or what the server asks for and a little more.

    Args:
        state: tenacity's state of the retries.
        config: the limits.
    """
    jitter = random.uniform(0.5, 1)
    asked = retry_after(state.outcome.exception())
    if asked is not None:
        return asked + jitter * config.first_wait / 10
    doubled = config.first_wait * 2.0 ** (state.attempt_number - 1)
    return min(doubled, config.longest_wait) * jitter


def retry_after(error: BaseException) -> float | None:
    """Seconds that the server asks to wait, from its headers; None where it asks for nothing."""
    response = getattr(error, "response", None)
    if response is None:
        return None
    for header, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = response.headers.get(header)
        if value is None:
            continue
        try:
            return max(float(value) * scale, 0.0)
        except ValueError:
            pass
        try:
            return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
        except ValueError:
            continue
    return None


def explain(error: BaseException, config: ChatConfig) -> ServiceError | RequestError:
    """The line that the user reads once nothing more is tried."""
    where, status = config.base_url, getattr(error, "status_code", None)
    if status is None:
        return _explain_silence(error, config)
    if status in (401, 403):
        return ServiceError(
            f"{where} refuses the key ({status}); set the environment variable "
            f"{config.key_variable} to a valid one"
        )
    if status == 402 or _is_out_of_quota(error):
        return ServiceError(f"{where} has no quota left for this key; top it up or wait")
    if status == 404:
        return ServiceError(
            f"{where} has no model {config.model!r}, or no chat endpoint; "
            f"check both names ({_quote(error, config)})"
        )
    if (seconds := retry_after(error) or 0) > config.longest_wait:
        return ServiceError(
            f"{where} asks to wait {seconds:.0f} s, longer than we do; try again later"
        )
    if status == 413:
        return RequestError(
            f"{where} finds the request too large (413); send smaller pictures (--longest)"
        )
    return RequestError(f"{where} refused a request ({status}): {_quote(error, config)}")


def _explain_silence(error: BaseException, config: ChatConfig) -> ServiceError | RequestError:
    """No status at all: hung, unreachable, or an answer without content."""
    where = config.base_url
    if "Timeout" in type(error).__name__:
        return RequestError(
            f"{where} did not answer within {config.timeout:g} s; allow a longer timeout "
            "or fewer requests at once"
        )
    if _is_connection_error(error):
        return ServiceError(
            f"cannot reach {where} ({_quote(error.__cause__ or error, config)}); is it running?"
        )
    return RequestError(f"{where} gave no usable answer: {_quote(error, config)}")


def _is_connection_error(error: BaseException) -> bool:
    return any(kind.__name__ == "APIConnectionError" for kind in type(error).__mro__)


def _is_out_of_quota(error: BaseException) -> bool:
    return getattr(error, "code", None) in QUOTA


def _quote(error: BaseException, config: ChatConfig) -> str:
    """What the server says, in one short line without the key."""
    text = " ".join(str(getattr(error, "message", None) or error).split())
    if key := os.environ.get(config.key_variable):
        text = text.replace(key, "***")
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."
