"""Any server that speaks OpenAI's chat protocol: vLLM, Ollama, llama.cpp, a cloud."""

from __future__ import annotations

import os
import threading
import time
import weakref
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from funcorr.errors import UserError, require
from funcorr.pseudolabel.clients import RequestError, ServiceError, read_json_answer
from funcorr.pseudolabel.prompts import Sampling
from funcorr.pseudolabel.retries import explain, is_transient, seconds_to_wait

JSON_ATTEMPTS = 3
"""How often an answer that should be JSON and is not is asked for."""

_JSON_ONLY = "\n\nReply with valid JSON and nothing else."


@dataclass(frozen=True)
class ChatConfig:
    """Which model, where, and how hard it may be pressed.

    The key is read from the environment when the client is made; it is in no config, file or
    message. It goes only to ``base_url``, which is why ``OPENAI_API_KEY`` is not the default.

    Attributes:
        model: its name on the server.
        base_url: up to and with ``/v1``.
        key_variable: environment variable that holds the key; unset where the server wants none.
        at_once: most requests under way together.
        per_minute: most requests begun in a minute; None sets no limit.
        timeout: seconds of silence after which a request counts as hung.
        attempts: how often one request is tried.
        first_wait: seconds before the second try; doubled from try to try, with jitter.
        longest_wait: most seconds between tries. A server that asks (``Retry-After``) for a longer
            wait is taken to be closed.
        price_in: per million prompt tokens, in whatever currency.
        price_out: per million answer tokens.
        json_mode: ask the server to enforce JSON where JSON is wanted (not every server can).
    """

    model: str
    base_url: str = "http://127.0.0.1:8000/v1"
    key_variable: str = "FUNCORR_API_KEY"
    at_once: int = 16
    per_minute: float | None = None
    timeout: float = 120.0
    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
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
        if self.at_once < 1 or self.attempts < 1 or self.timeout <= 0:
            raise UserError("at_once and attempts must be at least 1, timeout above 0")
        if self.per_minute is not None and self.per_minute <= 0:
            raise UserError(f"per_minute must be above 0, got {self.per_minute}")


@dataclass(frozen=True)
class Usage:
    """What a client has used up so far.

    Attributes:
        requests: tries sent, failed ones too.
        answers: requests that were answered.
        prompt_tokens: as the server counts them; 0 where it does not.
        answer_tokens: the same.
        cost: by the prices of the config.
    """

    requests: int = 0
    answers: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cost: float = 0.0


class ChatModel:
    """A text model, with or without eyes, behind a chat server. Safe to call from many threads.

    Args:
        config: which and where.
        sampling: how text answers are drawn.

    Raises:
        MissingExtraError: the packages of the extra ``vlm`` are not installed.
    """

    def __init__(self, config: ChatConfig, sampling: Sampling | None = None) -> None:
        self._openai = require("openai", extra="vlm")
        self._tenacity = require("tenacity", extra="vlm")
        self.config = config
        self.sampling = sampling or Sampling(max_tokens=1024)
        self._client = self._openai.OpenAI(
            api_key=os.environ.get(config.key_variable) or "none",
            base_url=config.base_url,
            timeout=config.timeout,
            max_retries=0,
        )
        weakref.finalize(self, self._client.close)
        self._concurrency = threading.BoundedSemaphore(config.at_once)
        self._pace = _Pace(config.per_minute)
        self._lock = threading.Lock()
        self._usage = Usage()

    @property
    def name(self) -> str:
        """The model's name on its server."""
        return self.config.model

    @property
    def usage(self) -> Usage:
        """Requests, tokens and cost until now."""
        return self._usage

    def check(self) -> None:
        """Ask the server once, without patience, whether it is there and has the model.

        Raises:
            ServiceError: it is down, refuses the key or has no such model.
        """
        try:
            offered = [model.id for model in self._client.with_options(timeout=10).models.list()]
        except self._openai.NotFoundError:
            return  # a server without a list of models
        except self._openai.OpenAIError as error:
            raise ServiceError(str(explain(error, self.config))) from None
        except (ValueError, AttributeError, TypeError):
            raise ServiceError(f"{self.config.base_url} is no chat server") from None
        if offered and self.config.model not in offered:
            raise ServiceError(
                f"{self.config.base_url} has no model {self.config.model!r}; it offers "
                f"{', '.join(offered[:10])}"
            )

    def chat(
        self,
        prompt: str,
        image_url: str | None = None,
        system: str = "",
        sampling: Sampling | None = None,
        **options: Any,
    ) -> str:
        """One question, tried until it is answered or patience ends.

        Args:
            prompt: the question.
            image_url: a ``data:`` URL (see ``Framing.data_url``), shown before the question.
            system: what the model is told about its role.
            sampling: in place of the client's own.
            options: more fields of the request.

        Raises:
            ServiceError: the server is down, refuses the key, has no quota or no such model.
            RequestError: this request was refused, or every try failed.
        """
        request = {
            "model": self.config.model,
            "messages": _messages(prompt, image_url, system),
            **_sampling_fields(sampling or self.sampling),
            **options,
        }
        retrying = self._tenacity.Retrying(
            retry=self._tenacity.retry_if_exception(lambda e: is_transient(e, self.config)),
            stop=self._tenacity.stop_after_attempt(self.config.attempts),
            wait=lambda state: seconds_to_wait(state, self.config),
            reraise=True,
        )
        try:
            return retrying(self._once, request)
        except (self._openai.OpenAIError, ValueError) as error:
            raise explain(error, self.config) from None

    def complete(self, prompt: str, system: str = "") -> str:
        """The answer to a prompt, see :meth:`chat`."""
        return self.chat(prompt, system=system)

    def complete_json(self, prompt: str, system: str = "") -> Any:
        """The answer as JSON, asked again where it is not.

        Raises:
            ServiceError: see :meth:`chat`.
            RequestError: see :meth:`chat`, or no answer was JSON.
        """
        options: dict[str, Any] = {}
        if self.config.json_mode:
            options["response_format"] = {"type": "json_object"}
        for attempt in range(JSON_ATTEMPTS):
            asked = prompt + _JSON_ONLY if attempt else prompt
            try:
                return read_json_answer(self.chat(asked, system=system, **options))
            except ValueError:
                continue
        raise RequestError(f"{self.name} gave no JSON in {JSON_ATTEMPTS} answers")

    def _once(self, request: dict[str, Any]) -> str:
        """One try: the text, or an error to judge."""
        with self._concurrency:
            self._pace.wait()
            self._count(requests=1)
            answer = self._client.chat.completions.create(**request)
        try:
            text = answer.choices[0].message.content
        except (AttributeError, IndexError, TypeError):
            text = None
        if not isinstance(text, str):
            raise ValueError("the server's answer has no text")
        tokens = answer.usage
        prompt, answered = (tokens.prompt_tokens, tokens.completion_tokens) if tokens else (0, 0)
        self._count(answers=1, prompt_tokens=prompt or 0, answer_tokens=answered or 0)
        return text

    def _count(self, **more: int) -> None:
        with self._lock:
            now = {name: getattr(self._usage, name) + count for name, count in more.items()}
            usage = replace(self._usage, **now)
            cost = usage.prompt_tokens * self.config.price_in
            cost += usage.answer_tokens * self.config.price_out
            self._usage = replace(usage, cost=cost / 1e6)


class _Pace:
    """Lets callers through at even intervals."""

    def __init__(self, per_minute: float | None) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        if not self._gap:
            return
        with self._lock:
            now = time.monotonic()
            slot = max(now, self._next)
            self._next = slot + self._gap
        time.sleep(slot - now)


def _messages(prompt: str, image_url: str | None, system: str) -> list[dict[str, Any]]:
    content: Any = prompt
    if image_url:
        shown = {"type": "image_url", "image_url": {"url": image_url}}
        content = [shown, {"type": "text", "text": prompt}]
    first = [{"role": "system", "content": system}] if system else []
    return [*first, {"role": "user", "content": content}]


def _sampling_fields(sampling: Sampling) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "temperature": sampling.temperature,
        "max_tokens": sampling.max_tokens,
    }
    if sampling.top_p is not None:
        fields["top_p"] = sampling.top_p
    if sampling.top_k is not None:
        fields["extra_body"] = {"top_k": sampling.top_k}
    return fields
