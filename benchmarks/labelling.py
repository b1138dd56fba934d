"""Speed of labelling: what asking many questions at once gains, votes and masks, memory.

    funcorr render ASSETS --out VIEWS --views 30 --size 224
    python benchmarks/labelling.py VIEWS

Client: answers per second from a server in another process that takes 200 ms for each, asked one
at a time and sixteen at once, by text and by pictures of the dataset. Votes and masks: processor
time of everything that follows the answers, files read and written, for our default and for the
released code's rules; each asset is labelled anew several times over, and the peak of memory after
the first asset is set beside the peak at the end. A dataset rendered with ``--cameras labelling
--points 100000`` gives the figure for the paper's size.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import tyro
from label_conditions import DEFAULT, RELEASED
from matching import processor
from rich.console import Console
from rich.table import Table

from funcorr.pseudolabel.asset_labels import VotingConfig
from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.chat_grounder import ChatGrounder
from funcorr.pseudolabel.clients import PartQuery, in_parallel
from funcorr.pseudolabel.dataset_labels import LabelConfig, label_dataset
from funcorr.pseudolabel.exact_boxes import Oracle
from funcorr.pseudolabel.openai_client import ChatModel
from funcorr.pseudolabel.view_queries import PictureGrounder, Window
from funcorr.pseudolabel.votes import VoteConfig
from funcorr.render.dataset import Dataset

LATENCY, AT_ONCE, QUESTIONS, SAMPLES = 0.2, 16, 320, 4
RULES = {"default": DEFAULT, "released rules": RELEASED}


class Slow(BaseHTTPRequestHandler):
    """Answers every chat request with a box, after the latency."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer; two of them would wait for the client's acknowledgement

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


def serve(where: Connection) -> None:
    """Serve for ever, after telling the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    where.send(server.server_port)
    server.serve_forever()


@contextmanager
def slow_server() -> Iterator[str]:
    """The address of a server in a process of its own."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.kill()
        process.join()


def rate(ask: Callable[[int], str], concurrency: int) -> float:
    """Answers per second."""
    questions = range(QUESTIONS * concurrency // AT_ONCE)
    ask(0)
    start = time.perf_counter()
    for _, answer in in_parallel(ask, questions, concurrency):
        if isinstance(answer, Exception):
            raise answer
    return len(questions) / (time.perf_counter() - start)


def by_text(model: ChatModel, number: int) -> str:
    """A question without a picture."""
    return model.complete(f"Where is part {number}?")


def by_picture(model: ChatModel, dataset: Dataset, number: int) -> str:
    """A question about a view, read from disk and encoded anew for every four, as in labelling."""
    asset = dataset[dataset.assets[number // SAMPLES % len(dataset)]]
    view = asset.view(number // SAMPLES % asset.n_views)
    size = (view.camera.height, view.camera.width)
    grounder = PictureGrounder(ChatGrounder(model))
    return grounder.ask(view, PartQuery("rim"), Window(0, 0, size[1], size[0]), size, number)


def client_table(dataset: Dataset, repeats: int) -> Table:
    """One at a time against sixteen at once."""
    table = Table(
        title=f"client, {LATENCY * 1000:.0f} ms per answer (load {os.getloadavg()[0]:.1f})"
    )
    for column in ("question", "answers/s, one at a time", f"{AT_ONCE} at once", "times"):
        table.add_column(column)
    with slow_server() as url:
        model = ChatModel(ChatConfig("slow", url, concurrency=AT_ONCE))
        size = dataset[dataset.assets[0]].view(0).camera.width
        kinds = {
            "text": partial(by_text, model),
            f"view of {size} pixels": partial(by_picture, model, dataset),
        }
        for kind, ask in kinds.items():
            one, many = (
                statistics.median(rate(ask, concurrency) for _ in range(repeats))
                for concurrency in (1, AT_ONCE)
            )
            table.add_row(kind, f"{one:.2f}", f"{many:.1f}", f"{many / one:.1f}")
    return table


def label_again(folder: Path, voting: VotingConfig) -> float:
    """Processor seconds per asset for new labels from the answers that are there."""
    start = time.process_time()
    report = label_dataset(folder, "speed", Oracle(), LabelConfig(voting=voting, concurrency=1))
    return (time.process_time() - start) / len(report.labelled)


def voting_table(dataset: Dataset, assets: int, repeats: int) -> tuple[Table, str]:
    """Votes and masks per asset and rule, and a line about memory."""
    views, points = (lambda a: (a.n_views, len(a.points.part)))(dataset[dataset.assets[0]])
    width = dataset[dataset.assets[0]].view(0).camera.width
    table = Table(title=f"votes and masks, {views} views of {width} pixels, {points} points")
    for column in ("", "s per asset", "assets per minute", "1,000 assets, minutes"):
        table.add_column(column)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "views"
        copy.mkdir()
        shutil.copy(dataset.path / "dataset.json", copy)
        for name in dataset.assets[:assets]:
            shutil.copytree(dataset.path / name, copy / name)
        label_dataset(copy, "speed", Oracle(), LabelConfig(voting=other_rule(), concurrency=1))
        first = peak_memory()
        seconds: dict[str, list[float]] = {name: [] for name in RULES}
        for _ in range(repeats):
            for name, voting in RULES.items():
                seconds[name].append(label_again(copy, voting))
    for name, each in seconds.items():
        took = statistics.median(each)
        table.add_row(name, f"{took:.2f}", f"{60 / took:.0f}", f"{1000 * took / 60:.1f}")
    done = assets * (1 + repeats * len(RULES))
    return (
        table,
        f"peak memory {first:.0f} MB after {assets} assets, {peak_memory():.0f} after {done}",
    )


def other_rule() -> VotingConfig:
    """A rule that is not measured, so that every measured run makes labels anew."""
    return replace(VotingConfig(), votes=VoteConfig(smooth=1))


def peak_memory() -> float:
    """Most megabytes that this process had until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(
    dataset: Annotated[Path, tyro.conf.Positional],
    assets: int = 4,
    repeats: int = 5,
    client: bool = True,
) -> None:
    """Measure and print.

    Args:
        dataset: a multi-view dataset of procedural objects.
        assets: how many are voted on.
        repeats: of which the median counts.
        client: measure the client too.
    """
    console = Console(width=110)
    console.print(f"one core of {processor()}")
    views = Dataset(dataset)
    table, memory = voting_table(views, min(assets, len(views)), repeats)
    console.print(table)
    console.print(memory)
    if client:
        console.print(client_table(views, min(repeats, 3)))


if __name__ == "__main__":
    tyro.cli(main)
