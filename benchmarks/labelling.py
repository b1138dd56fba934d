"""Speed of labelling: votes and masks per asset, and what asking many questions at once gains.

    funcorr render ASSETS --out VIEWS --views 30 --size 224
    python benchmarks/labelling.py VIEWS

Votes and masks: seconds of one core per asset, the answers being there, for our default, for plain
sums with the released mask rules, and for the bare sum of boxes by a loop over points' pixels with
nothing shared between parts. Client: questions per second at a server on the loopback address that
answers after 200 ms, one at a time and sixteen at once. Medians of the repeats.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table

from funcorr.functions.taxonomy import Part, load_taxonomy
from funcorr.label.answers import AnswerLog
from funcorr.label.asking import AskConfig, Asker
from funcorr.label.clients import in_parallel
from funcorr.label.masks import MaskConfig
from funcorr.label.openai_client import ChatConfig, ChatModel
from funcorr.label.oracle import Oracle
from funcorr.label.run import part_queries
from funcorr.label.votes import ViewAnswers, VoteConfig
from funcorr.label.voting import Voter, VotingConfig, view_answers
from funcorr.render.dataset import AssetViews, Dataset

LATENCY, QUESTIONS = 0.2, 160
RELEASED = VotingConfig(
    VoteConfig(ballots="each", sums="released", thin=False, smooth=0, pieces=0), MaskConfig("paper")
)


def answered(asset: AssetViews, config: VoteConfig) -> dict[Part, list[ViewAnswers]]:
    """An oracle's answers about every part, four per view."""
    asker = Asker(Oracle("realistic"), AskConfig())
    views = [asset.view(number) for number in range(asset.n_views)]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for part, query in part_queries(asset, load_taxonomy()):
            log = AnswerLog(Path(folder) / f"{part.name}.jsonl")
            for view in views:
                asker.ask(view, query, False, log)
            found[part] = [
                view_answers(view, asker.answers(view, part.name, log), config) for view in views
            ]
    return found


def vote(dataset: Path, name: str, config: VotingConfig) -> float:
    """Processor seconds for the labels of one asset, read from disk anew."""
    answers = answered(Dataset(dataset)[name], config.votes)
    start = time.process_time()
    voter = Voter(Dataset(dataset)[name])
    for part, views in answers.items():
        voter.label(part, views, config)
    return time.process_time() - start


def plain_loop(dataset: Path, name: str) -> float:
    """The same votes point by point, without masks: what one would write first."""
    asset = Dataset(dataset)[name]
    answers = answered(asset, RELEASED.votes)
    start = time.process_time()
    for views in answers.values():
        votes = np.zeros(len(asset.points.part))
        for view in views:
            boxes = [box for boxes in view.answers for box in boxes]
            for point, (x, y) in zip(view.ids, view.pixels, strict=True):
                votes[point] += sum(b.x0 <= x <= b.x1 and b.y0 <= y <= b.y1 for b in boxes)
    return time.process_time() - start


class Slow(BaseHTTPRequestHandler):
    """Answers every chat request with a box, after the latency."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(LATENCY)
        message = {"role": "assistant", "content": "[[100,200,300,400]]"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "1", "object": "chat.completion", "created": 0, "model": "slow"}
        content = json.dumps({**answer, "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


def rate(at_once: int, questions: int) -> float:
    """Answers per second."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    model = ChatModel(ChatConfig("slow", url, at_once=at_once))
    model.complete("warm up")
    start = time.perf_counter()
    for _ in in_parallel(model.complete, questions_text(questions), at_once):
        pass
    seconds = time.perf_counter() - start
    server.shutdown()
    server.server_close()
    return questions / seconds


def questions_text(count: int) -> Iterator[str]:
    """Different questions."""
    return (f"Where is part {number}?" for number in range(count))


def main(dataset: Annotated[Path, tyro.conf.Positional], assets: int = 4, repeats: int = 3) -> None:
    """Measure and print.

    Args:
        dataset: thirty views of 224 pixels of a few assets.
        assets: how many are measured.
        repeats: of which the median counts.
    """
    names = Dataset(dataset).assets[:assets]
    views = Dataset(dataset)[names[0]].n_views
    console = Console()
    table = Table(title=f"votes and masks, {views} views, one core of {processor()}")
    for column in ("", "s per asset", "assets per minute"):
        table.add_column(column)
    rows = {
        "funcorr, default": lambda name: vote(dataset, name, VotingConfig()),
        "funcorr, released rules": lambda name: vote(dataset, name, RELEASED),
        "plain loop, votes only": lambda name: plain_loop(dataset, name),
    }
    for label, measure in rows.items():
        medians = [statistics.median(measure(name) for _ in range(repeats)) for name in names]
        seconds = statistics.mean(medians)
        table.add_row(label, f"{seconds:.2f}", f"{60 / seconds:.0f}")
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory {peak:.0f} MB")
    one = statistics.median(rate(1, QUESTIONS // 16) for _ in range(repeats))
    many = statistics.median(rate(16, QUESTIONS) for _ in range(repeats))
    console.print(
        f"client, {LATENCY * 1000:.0f} ms per answer: {one:.1f} answers/s one at a time, "
        f"{many:.1f} sixteen at once, {many / one:.1f} times (load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    tyro.cli(main)
