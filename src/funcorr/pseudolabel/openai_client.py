"""Any server that speaks OpenAI's chat protocol: vLLM, Ollama, llama.cpp, a cloud."""

from __future__ import annotations

import os
import threading
import time
import weakref
from dataclasses import dataclass, replace
from typing import Any

from funcorr.errors import require
from funcorr.pseudolabel.answer_text import answer_alone, read_json_answer
from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.chat_errors import explain, stop_vain_retries
from funcorr.pseudolabel.clients import RequestError, ServiceError
from funcorr.pseudolabel.prompts import Sampling

JSON_ATTEMPTS = 3
"""How often an answer that should be JSON and is not is asked for."""

_CUT_OFF = ("length", "model_length", "max_tokens", "max_output_tokens")
_FILTERED = ("content_filter", "safety", "recitation", "refusal")
_FAILED = ("abort", "error", "insufficient_system_resource")
"""How servers say that an answer did not come to its end."""

_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Where servers put thoughts beside the answer."""

_ONLY_THOUGHTS = "there are only thoughts; allow longer answers (--max-tokens)"
_JSON_ONLY = "\n\nReply with valid JSON and nothing else."


@dataclass(frozen=True)
class Usage:
    """What a client has used up so far.

    Attributes:
        requests: tries sent, failed ones too.
        answers: requests that were answered.
        unusable: replies without an answer: cut off, only thoughts, a tool call, no text.
        prompt_tokens: as the server counts them; 0 where it does not.
        answer_tokens: the same.
        cost: by the prices of the config.
    """

    requests: int = 0
    answers: int = 0
    unusable: int = 0
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
        self.config = config
        self.sampling = sampling or Sampling(max_tokens=1024)
        self._meter = _Meter(config)
        self._client = self._openai.OpenAI(
            api_key=os.environ.get(config.key_variable) or "none",
            base_url=config.base_url,
            timeout=config.timeout,
            max_retries=config.attempts - 1,
            http_client=self._openai.DefaultHttpxClient(
                event_hooks={"request": [self._meter.on_request], "response": [stop_vain_retries]}
            ),
        )
        weakref.finalize(self, self._client.close)
        self._concurrency = threading.BoundedSemaphore(config.concurrency)

    @property
    def name(self) -> str:
        """The model's name on its server."""
        return self.config.model

    @property
    def usage(self) -> Usage:
        """Requests, tokens and cost until now."""
        return self._meter.usage

    def check(self) -> None:
        """Ask the server once, without patience, whether it is there and has the model.

        Raises:
            ServiceError: it is down, refuses the key or has no such model.
        """
        try:
            impatient = self._client.with_options(timeout=10, max_retries=0)
            offered = [model.id for model in impatient.models.list()]
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
        """The answer to one question, without thoughts; asked until there is one or patience ends.

        Server trouble is tried again by the openai client, with growing waits; what is no answer
        (cut off, only thoughts, a tool call, no text) is asked again at once.

        Args:
            prompt: the question.
            image_url: a ``data:`` URL (see ``Framing.data_url``), shown before the question.
            system: what the model is told about its role.
            sampling: in place of the client's own.
            options: more fields of the request.

        Raises:
            ServiceError: the server is down, refuses the key, has no quota or no such model.
            RequestError: this request was refused, every try failed, or no reply was an answer.
        """
        request = {
            "model": self.config.model,
            "messages": _messages(prompt, image_url, system),
            **_sampling_fields(sampling or self.sampling),
            **options,
        }
        for _ in range(self.config.attempts):
            completion = self._completion(request)
            try:
                answer = _answer(completion)
            except ValueError as error:
                reason = str(error)
                self._meter.add(unusable=1)
                continue
            self._meter.add(answers=1, **_tokens(completion))
            return answer
        raise RequestError(f"{self.config.base_url} gave no usable answer: {reason}")

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

    def _completion(self, request: dict[str, Any]) -> Any:
        """What the server replies in the end; None where that is not JSON."""
        try:
            with self._concurrency:
                return self._client.chat.completions.create(**request)
        except self._openai.OpenAIError as error:
            raise explain(error, self.config) from None
        except ValueError:
            return None


class _Meter:
    """Counts what is used up, and lets requests through at even intervals."""

    def __init__(self, config: ChatConfig) -> None:
        self._config = config
        self._gap = 60 / config.per_minute if config.per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()
        self.usage = Usage()

    def on_request(self, request: Any) -> None:
        """Called by the HTTP client before every try."""
        if request.method == "POST":
            self._wait()
            self.add(requests=1)

    def _wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            slot = max(now, self._next)
            self._next = slot + self._gap
        time.sleep(slot - now)

    def add(self, **more: int) -> None:
        """Add to the counts of :class:`Usage`."""
        with self._lock:
            now = {name: getattr(self.usage, name) + count for name, count in more.items()}
            usage = replace(self.usage, **now)
            cost = usage.prompt_tokens * self._config.price_in
            cost += usage.answer_tokens * self._config.price_out
            self.usage = replace(usage, cost=cost / 1e6)


def _answer(completion: Any) -> str:
    """The answer in a reply of the server.

    Raises:
        ValueError: there is none; says why.
    """
    try:
        choice = completion.choices[0]
        content = choice.message.content
        if isinstance(content, list):  # some servers send pieces, thoughts among them
            content = "".join(piece["text"] for piece in content if piece["type"] == "text")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise ValueError("the reply has no text") from None
    ended = str(getattr(choice, "finish_reason", "")).lower()
    if ended in _CUT_OFF:
        raise ValueError("it was cut off; allow longer answers (--max-tokens)")
    if ended in _FILTERED:
        raise ValueError("a filter of the server cut it off")
    if ended in _FAILED:
        raise ValueError(f"the server broke it off ({ended})")
    if getattr(choice.message, "tool_calls", None):
        raise ValueError("a tool call in place of text")
    if not isinstance(content, str) or not content.strip():
        if any(getattr(choice.message, name, None) for name in _THOUGHTS):
            raise ValueError(_ONLY_THOUGHTS)
        raise ValueError("the reply has no text")
    answer = answer_alone(content.encode("utf-8", "replace").decode())
    if not answer:
        raise ValueError(_ONLY_THOUGHTS)
    return answer


def _tokens(completion: Any) -> dict[str, int]:
    used = getattr(completion, "usage", None)
    asked, answered = (getattr(used, name, 0) for name in ("prompt_tokens", "completion_tokens"))
    counts = {"prompt_tokens": asked, "answer_tokens": answered}
    return {name: count if isinstance(count, int) else 0 for name, count in counts.items()}


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
