"""A chat server on the loopback address that answers from exact part masks, as badly as it is told.

It speaks enough of the chat-completions protocol for the client under test. Which picture and part
a request is about it finds out by looking: the picture sent is compared with those it knows and
with pieces of them, and the part is the longest known name in the question.
"""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image
from skimage.feature import match_template

THUMBNAIL = 24


@dataclass(frozen=True)
class Errors:
    """Probabilities of everything that goes wrong.

    ``jitter`` is the standard deviation of every edge in shares of the box's sides; the others are
    probabilities in [0, 1]. ``hang`` is silence for ``hang_seconds``.
    """

    jitter: float = 0.0
    wrong_part: float = 0.0
    miss: float = 0.0
    several: float = 0.0
    malformed: float = 0.0
    too_many: float = 0.0
    server_error: float = 0.0
    hang: float = 0.0
    disconnect: float = 0.0
    hang_seconds: float = 3.0


@dataclass(frozen=True)
class Scene:
    """A picture and its exact part masks."""

    rgb: np.ndarray
    parts: Mapping[str, np.ndarray]


def brackets(boxes: np.ndarray) -> str:
    """CogVLM's way: thousandths in double brackets."""
    return "[[" + ";".join(",".join(f"{round(v * 1000):03d}" for v in box) for box in boxes) + "]]"


def json_boxes(boxes: np.ndarray) -> str:
    """JSON in a fence, thousandths."""
    entries = [{"bbox_2d": [round(v * 1000) for v in box], "label": "part"} for box in boxes]
    return f"```json\n{json.dumps(entries)}\n```"


def fractions(boxes: np.ndarray) -> str:
    """ManipVQA's way: fractions with three digits."""
    return " ".join("[" + ", ".join(f"{v:.3f}" for v in box) + "]" for box in boxes)


@dataclass
class FakeVLM:
    """Use as a context manager; ``url`` is the base address.

    Attributes:
        scenes: what it knows.
        errors: how it errs; may be changed while it runs.
        write: how it writes boxes (fractions of the picture sent, N x 4).
        script: what happens to the first requests, one word each: ``ok``, a status such as
            ``429``, ``hang``, ``disconnect``, ``garbage`` (no JSON), ``empty`` (no text).
        replies: the first of its answers, each as fields of the protocol's ``choices[0]``.
        texts: answers questions without a picture.
        latency: seconds per answer.
        key: the key that it wants, if any.
        models: what it offers.
        retry_after: header of its 429 answers.
        seen: the parsed bodies of all chat requests, in order of arrival.
        headers: of all chat requests, refused ones too.
    """

    scenes: list[Scene] = field(default_factory=list)
    errors: Errors = field(default_factory=Errors)
    write: Callable[[np.ndarray], str] = brackets
    script: list[str] = field(default_factory=list)
    replies: list[dict] = field(default_factory=list)
    texts: Callable[[str], str] = lambda prompt: "yes"
    latency: float = 0.0
    key: str | None = None
    models: tuple[str, ...] = ("fake",)
    retry_after: str | None = None
    seed: int = 0
    seen: list[dict] = field(default_factory=list)
    headers: list[dict] = field(default_factory=list)
    most_at_once: int = 0

    def __enter__(self) -> FakeVLM:
        self._lock = threading.Lock()
        self._under_way = 0
        self._asked: Counter[str] = Counter()
        self._closing = threading.Event()
        self._connections: list[socket.socket] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle(self, body: dict) -> tuple[int, str | bytes]:
        """Status and text of one chat request; status 0 drops the connection."""
        with self._lock:
            self.seen.append(body)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            word = self.script.pop(0) if self.script else None
            question = json.dumps(body, sort_keys=True)
            self._asked[question] += 1
            rng = np.random.default_rng(
                [self.seed, *question.encode()[-4000:], self._asked[question]]
            )
        try:
            time.sleep(self.latency)
            return self._respond(word or self._mishap(rng), body, rng)
        finally:
            with self._lock:
                self._under_way -= 1

    def _mishap(self, rng: np.random.Generator) -> str:
        chances = {
            "429": self.errors.too_many,
            "500": self.errors.server_error,
            "hang": self.errors.hang,
            "disconnect": self.errors.disconnect,
        }
        return next((word for word, chance in chances.items() if rng.random() < chance), "ok")

    def _respond(self, word: str, body: dict, rng: np.random.Generator) -> tuple[int, str | bytes]:
        if word == "hang":
            self._closing.wait(self.errors.hang_seconds)
            return 0, ""
        if word == "disconnect":
            return 0, ""
        if word == "garbage":
            return 200, b"<html>busy</html>"
        if word == "quota":
            return 429, json.dumps({"error": {"message": "spent", "code": "insufficient_quota"}})
        if word.isdigit():
            return int(word), json.dumps({"error": {"message": f"told to answer {word}"}})
        if self.replies:
            reply = {**_completion(body["model"], ""), "choices": [self.replies.pop(0)]}
            return 200, json.dumps(reply)
        text = None if word == "empty" else self._answer(body, rng)
        return 200, json.dumps(_completion(body["model"], text))

    def _answer(self, body: dict, rng: np.random.Generator) -> str:
        content = body["messages"][-1]["content"]
        if isinstance(content, str):
            return self.texts(content)
        prompt = next(item["text"] for item in content if item["type"] == "text")
        url = next(item["image_url"]["url"] for item in content if item["type"] == "image_url")
        image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")
        return self._locate(np.asarray(image), prompt, rng)

    def _locate(self, seen: np.ndarray, prompt: str, rng: np.random.Generator) -> str:
        parts = self._recognised(seen)
        part = _part_asked(prompt, parts)
        if part is None or rng.random() < self.errors.miss or not parts[part].any():
            return "Sorry, I cannot see that part."
        if rng.random() < self.errors.wrong_part:
            others = [name for name in parts if name != part and parts[name].any()]
            part = str(rng.choice(others)) if others else part
        boxes = [_edges(parts[part])]
        if rng.random() < self.errors.several:
            corners = np.sort(rng.uniform(0, 1, (2, 2)), axis=0)
            boxes.insert(0, corners.ravel())
        return self._written(np.array(boxes), rng)

    def _recognised(self, seen: np.ndarray) -> dict[str, np.ndarray]:
        """The part masks of what is seen: of a whole picture, or of a smaller piece of one."""
        square = seen.shape[0] == seen.shape[1]
        window = slice(None), slice(None)
        whole = [s for s in self.scenes if _shown(s.rgb, square, 255).shape == seen.shape]
        scene = min(whole or self.scenes, key=lambda scene: _difference(seen, scene.rgb))
        if not whole:
            pieces = [(_piece(seen, scene.rgb), scene) for scene in self.scenes]
            (likeness, place), owner = max(pieces, key=lambda found: found[0][0])
            if likeness >= 0.95:  # else a whole picture of another size
                scene, window = owner, place
        return {name: _shown(mask, square, False)[window] for name, mask in scene.parts.items()}

    def _written(self, boxes: np.ndarray, rng: np.random.Generator) -> str:
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        boxes = (boxes + rng.normal(size=boxes.shape) * sides * self.errors.jitter).clip(0, 1)
        low, high = boxes[:, :2], boxes[:, 2:]
        boxes = np.concatenate([np.minimum(low, high), np.maximum(low, high)], axis=1)
        text = self.write(boxes)
        return text[: len(text) // 2] if rng.random() < self.errors.malformed else text


def _handler(fake: FakeVLM) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            fake._connections.append(self.connection)

        def do_GET(self) -> None:
            listed = {
                "object": "list",
                "data": [{"id": name, "object": "model"} for name in fake.models],
            }
            self._send(200, json.dumps(listed))

        def do_POST(self) -> None:
            fake.headers.append(dict(self.headers))
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self._allowed() and body["model"] not in fake.models:
                self._send(404, json.dumps({"error": {"message": "no such model"}}))
            elif self._allowed():
                self._send(*fake.handle(body))
            else:
                self._send(401, json.dumps({"error": {"message": self.headers["Authorization"]}}))

        def _allowed(self) -> bool:
            return fake.key is None or self.headers["Authorization"] == f"Bearer {fake.key}"

        def _send(self, status: int, text: str | bytes) -> None:
            if status == 0:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = text.encode() if isinstance(text, str) else text
            self.send_response(status)
            kind = "application/json" if isinstance(text, str) else "text/html"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if status == 429 and fake.retry_after is not None:
                self.send_header("Retry-After", fake.retry_after)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _completion(model: str, text: str | None) -> dict:
    message = {"role": "assistant", "content": text}
    words = len((text or "").split())
    return {
        "id": "fake",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": words, "total_tokens": 100 + words},
    }


def _part_asked(prompt: str, parts: Iterable[str]) -> str | None:
    named = [name for name in parts if re.search(rf"\b{re.escape(name)}\b", prompt.lower())]
    return max(named, key=len, default=None)


def _shown(array: np.ndarray, square: bool, fill: int | bool) -> np.ndarray:
    """The array in the middle of a square, where the client padded."""
    height, width = array.shape[:2]
    if not square or height == width:
        return array
    side = max(height, width)
    shown = np.full((side, side, *array.shape[2:]), fill, dtype=array.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    shown[top : top + height, left : left + width] = array
    return shown


def _edges(mask: np.ndarray) -> np.ndarray:
    """Left, top, right and bottom edge of a mask in shares of the picture."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    low = columns.min() / width, rows.min() / height
    return np.array([*low, (columns.max() + 1) / width, (rows.max() + 1) / height])


def _piece(seen: np.ndarray, rgb: np.ndarray) -> tuple[float, tuple[slice, slice]]:
    """How well a smaller picture fits into a picture, and where; 0 where it cannot be a piece."""
    height, width = seen.shape[:2]
    if height >= rgb.shape[0] or width >= rgb.shape[1] or np.ptp(seen) == 0:
        return 0.0, (slice(None), slice(None))
    fit = match_template(rgb.mean(axis=2), seen.mean(axis=2))
    top, left = np.unravel_index(fit.argmax(), fit.shape)
    return float(fit.max()), (slice(top, top + height), slice(left, left + width))


def _difference(seen: np.ndarray, rgb: np.ndarray) -> float:
    shown = _shown(rgb, seen.shape[0] == seen.shape[1], 255)
    small = [
        np.asarray(Image.fromarray(image).resize((THUMBNAIL, THUMBNAIL)), dtype=np.float64)
        for image in (seen, shown)
    ]
    return float(np.abs(small[0] - small[1]).mean())
