"""``funcorr app``: the web page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import FlagCreatePairsOff


def app(
    *,
    model: str = "funcorr-small",
    affordance_model: str = "funcorr-afford-small",
    port: int = 7860,
    public: Annotated[bool, FlagCreatePairsOff] = False,
    password_file: Path | None = None,
    upload_mb: float = 20.0,
    keep_minutes: float = 60.0,
    device: str | None = None,
) -> None:
    """Match objects in the browser: drop two images, choose a function, click on points.

    Args:
        model: a row of 'funcorr models', a model folder or a Hugging Face hub id.
        affordance_model: the model of the affordance tab.
        port: of the page; 0 takes a free one.
        public: let other machines reach the page; without it only this one does.
        password_file: file whose first line every visitor has to know.
        upload_mb: largest image that can be uploaded, in megabytes.
        keep_minutes: uploads and results that nobody used for so long are removed.
        device: cpu, cuda, ...; by default a GPU if there is one.
    """
    from funcorr.app.folder import upload_folder
    from funcorr.app.server import ServerConfig, read_password, serve
    from funcorr.correspondence.registry import load_model

    password = None if password_file is None else read_password(password_file)
    config = ServerConfig(port, public, password, upload_mb, keep_minutes)
    matcher = load_model(model, device)
    with upload_folder() as folder:
        from funcorr.app.page import affordance_loader, build_page

        page = build_page(matcher, folder, affordance_loader(affordance_model, device))
        serve(page, folder, config)
