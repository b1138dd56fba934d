"""Events of a page: who asks, how many are served at once, and errors as one clear line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from funcorr.app.guards import UPLOADS, visitor_of
from funcorr.app.uploads import is_upload
from funcorr.errors import UserError, require

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

Handler = Callable[..., Any]

READY = "() => { document.body.dataset.ready = 'yes' }"
"""Run in the browser when a page hears clicks; for scripts that drive it (``body[data-ready]``)."""

SHOW = """() => {
  const show = tries => {
    const place = document.getElementById('NAME')
    const pictures = place ? [...place.querySelectorAll('img')] : []
    const waits = !pictures.length || pictures.some(picture => !picture.complete)
    if (waits && tries) setTimeout(show, 50, tries - 1)
    else if (place) place.scrollIntoView()
  }
  show(40)
}"""
"""Moves the page to an element; gradio's own way does so only where nothing of it is in view."""

LIGHT = {"concurrency_limit": 4, "concurrency_id": "light", "show_progress": "hidden"}
"""Clicks and pictures; answered beside a match that is under way."""

HEAVY = {"concurrency_limit": 1, "concurrency_id": "model", "show_progress": "minimal"}
"""Whatever runs a model: one after the other, each with all cores."""

MESSAGE_SECONDS = 15

logger = logging.getLogger(__name__)


def on(
    listener: Callable[..., Any],
    handler: Handler,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    load: dict[str, Any],
    click: bool = False,
    scroll: bool = False,
) -> Any:
    """Connect a handler to an event of a component.

    Args:
        listener: the event, for instance ``button.click``.
        handler: called with the visitor's session key, with the clicked pixel (x, y) if ``click``,
            and with the values of the inputs.
        inputs: components whose values it gets.
        outputs: components that show what it returns.
        load: :data:`LIGHT` or :data:`HEAVY`.
        click: whether the event is a click on a picture.
        scroll: whether the page moves to the first of the outputs, once its pictures are there.
    """
    uploads = [place for place, component in enumerate(inputs) if is_upload(component)]
    done = listener(
        _with_click(handler, uploads) if click else _with_session(handler, uploads),
        list(inputs),
        list(outputs),
        api_visibility="private",
        **load,
    )
    if scroll:
        done.success(None, js=SHOW.replace("NAME", outputs[0].elem_id), api_visibility="private")
    return done


def lay_out_examples(rows: Sequence[Sequence[str]], inputs: Sequence[Any]) -> Any:
    """Rows to click on that fill inputs; gives the event.

    ``gr.Examples`` would put new components in the place of the inputs, which would open any file.
    """
    table = gr.Dataset(
        components=list(inputs), samples=[list(row) for row in rows], label="Examples"
    )
    return on(
        table.click, lambda _key, row: row if len(row) > 1 else row[0], [table], inputs, LIGHT
    )


def picture_view(name: str, words: str, **options: Any) -> Any:
    """A picture that the page shows and a visitor can click on.

    Args:
        name: of the HTML element.
        words: what it shows, for people who do not see it.
        **options: of ``gradio.Image``.
    """
    options = {"buttons": [], "show_label": False, **options}
    return gr.Image(interactive=False, format="jpeg", elem_id=name, alt_text=words, **options)


def point_input(label: str, **options: Any) -> Any:
    """A line to type a point into."""
    hint = "x, y in pixels, then Enter"
    return gr.Textbox(label=label, placeholder=hint, max_lines=1, elem_id="typed", **options)


def visitor_key(request: gr.Request) -> str:
    """One window of one browser; nobody else can name it, because the cookie is part of it."""
    return f"{_visitor(request)} {request.session_hash}"


def _visitor(request: gr.Request) -> str | None:
    return visitor_of(str(dict(request.headers).get("cookie", "")))


def _with_session(handler: Handler, uploads: Sequence[int]) -> Handler:
    def run(request: gr.Request, *values: Any) -> Any:
        brought = [values[place] for place in uploads]
        return _answer(handler, _visitor(request), brought, visitor_key(request), *values)

    return run


def _with_click(handler: Handler, uploads: Sequence[int]) -> Handler:
    def run(request: gr.Request, click: gr.SelectData, *values: Any) -> Any:
        brought, key = [values[place] for place in uploads], visitor_key(request)
        return _answer(handler, _visitor(request), brought, key, tuple(click.index), *values)

    return run


def _answer(
    handler: Handler, visitor: str | None, brought: Sequence[str | None], *values: Any
) -> Any:
    """What the handler returns; errors become the line that the visitor reads."""
    try:
        for path in brought:
            if path is not None:
                UPLOADS.check(visitor, path)
        return handler(*values)
    except UserError as error:
        raise gr.Error(
            str(error), MESSAGE_SECONDS, title="Not possible", print_exception=False
        ) from None
    except gr.Error:
        raise
    except Exception:
        logger.exception("a page's handler failed")
        raise gr.Error(
            "something went wrong here; the server's terminal says what",
            MESSAGE_SECONDS,
            title="Failed",
            print_exception=False,
        ) from None
