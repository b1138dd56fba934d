"""Start the annotator's server and keep it until the annotator stops it."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from funcorr.app.alignments.library import Library
from funcorr.app.alignments.page import Page
from funcorr.app.alignments.queue import assets_for, draw_pairs
from funcorr.app.alignments.session import Session
from funcorr.errors import UserError, require
from funcorr.functions import check_function

HOST = "127.0.0.1"
"""Only this machine is served; from elsewhere, tunnel the port (``ssh -L``)."""


@dataclass(frozen=True)
class AnnotateConfig:
    """What is annotated, and where the page is.

    Attributes:
        count: pairs in the queue, besides those that the files hold already.
        across: share of pairs of two categories.
        seed: of the draw of pairs.
        author: who is said to have aligned the pairs.
        port: of the page; the next free one where it is taken.
    """

    count: int = 50  # paper: 50 accepted pairs per function
    across: float = 0.85  # paper: 85 percent
    seed: int = 0
    author: str = ""
    port: int = 8080

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UserError(f"a queue needs at least 1 pair, got {self.count}")
        if not 0 <= self.across <= 1:
            raise UserError(f"across is a share between 0 and 1, got {self.across}")
        if not 1 <= self.port <= 65535:
            raise UserError(f"a port is a number from 1 to 65535, got {self.port}")


@contextmanager
def annotator(
    assets: Path | str, function: str, out: Path | str, config: AnnotateConfig | None = None
) -> Iterator[tuple[Session, str]]:
    """The annotator as a context manager: the session, and the page's address.

    Args:
        assets: folder of the collection.
        function: what the objects are aligned for.
        out: the alignment file, new or old.
        config: the rest.

    Raises:
        UserError: fewer than two assets, a file of another version, another annotator at work, or
            no pair that can be read.
        MissingExtraError: viser is not installed.
    """
    config = config or AnnotateConfig()
    function = check_function(function)
    viser = require("viser", extra="app")
    pairs = draw_pairs(assets_for(assets, function), config.count, config.across, config.seed)
    library = Library(assets, function)
    today = date.today().isoformat()
    with Session(out, function, pairs, library.start, config.author, today) as session:
        server = _quiet_server(viser, config.port)
        try:
            page = Page(server, session, library)
            yield session, f"http://{HOST}:{server.get_port()}"
            page.close()
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                server.stop()


def annotate(
    assets: Path | str, function: str, out: Path | str, config: AnnotateConfig | None = None
) -> None:
    """Serve the annotator until it is interrupted; see :func:`annotator`."""
    with annotator(assets, function, out, config) as (session, address):
        print(f"{address} aligns {len(session.items)} pairs for {session.function}; stop: Ctrl+C")
        print(f"every change is saved at once, accepted pairs in {session.out}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
        counts = session.counts
        print(f"{counts['accepted']} accepted, {counts['rejected']} rejected: {session.out}")


def _quiet_server(viser: Any, port: int) -> Any:
    """A viser server without its banner and without the way to open a public tunnel."""
    with contextlib.redirect_stdout(io.StringIO()):
        server = viser.ViserServer(HOST, port, label="funcorr alignments", verbose=False)
    server.request_share_url = lambda *_, **__: None
    return server
