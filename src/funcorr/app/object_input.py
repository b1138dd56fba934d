"""An image on a page, what counts as the object on it, and the tools to correct that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from funcorr.app.drag import box_line, parse_shares
from funcorr.app.events import LIGHT, on, picture_view
from funcorr.app.objects import Click, Subject
from funcorr.app.panels import MEANINGS, outline_view, view_size
from funcorr.app.uploads import image_input
from funcorr.app.visit import FoundObject, RecentlyUsed, Visit
from funcorr.errors import UserError, require

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

INVITATION = "One object on a plain or transparent background works at once."


class ObjectInputs:
    """Handlers of the images of a tab. Each takes a visitor's key first.

    Args:
        new_visit: begins what is remembered of a visitor.
        visits: of the visitors seen lately.
    """

    def __init__(self, new_visit: Callable[[], Visit], visits: RecentlyUsed[str, Visit]) -> None:
        self._new_visit, self._visits = new_visit, visits

    def visit(self, key: str) -> Visit:
        """What is remembered of a visitor."""
        return self._visits.get(key, self._new_visit)

    def uploaded(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """An image was added or taken away."""
        if path is None:
            self.visit(key).subjects[place] = None
            return INVITATION, gr.update(open=False), None, None
        closed = gr.update(open=False)  # nothing stays open from the picture before
        return *self._change(key, path, place, lambda subject: subject, closed), None

    def masked(self, key: str, path: str | None, mask: str | None, place: int) -> tuple[Any, ...]:
        """A mask was added or taken away."""
        return self._change(key, path, place, lambda old: replace(old, mask=mask))

    def marked(
        self, key: str, pixel: tuple[int, int], path: str | None, meaning: str, place: int
    ) -> tuple[Any, ...]:
        """A click on the outline picture."""
        if path is None:
            raise UserError("add an image first")
        width, height = view_size(self.visit(key).upload(path).picture.size)
        click = Click((pixel[0] + 0.5) / width, (pixel[1] + 0.5) / height, meaning == MEANINGS[0])
        return self._change(key, path, place, lambda old: old.clicked(click))

    def boxed(self, key: str, shares: str, path: str | None, place: int) -> tuple[Any, ...]:
        """A box was dragged on the outline picture."""
        box = parse_shares(shares)
        return *self._change(key, path, place, lambda old: old.boxed(box)), ""

    def undone(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """The last click, or the box, is taken back."""
        return self._change(key, path, place, Subject.undone)

    def restarted(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """All clicks and the box are taken back."""
        return self._change(key, path, place, lambda old: replace(old, marks=(), box=None))

    def _change(
        self,
        key: str,
        path: str | None,
        place: int,
        change: Callable[[Subject], Subject],
        settled: Any = None,
    ) -> tuple[Any, ...]:
        """Status, tools and outline of an image after something was said about it.

        Where nothing is doubtful the tools become what ``settled`` says, or stay as they are.
        """
        visit = self.visit(key)
        known = subject_at(visit, place, path)
        if known is None:
            raise UserError("add an image first")
        subject = visit.subjects[place] = change(known)
        try:
            found = visit.find(subject)
        except UserError as error:
            return _not_found(visit, subject, error)
        tools = gr.update(open=True) if found.doubt else settled or gr.skip()
        outline = outline_view(found.picture.rgb, found.mask, subject.marks, subject.box)
        return _found(found), tools, outline


def subject_at(visit: Visit, place: int, path: str | None) -> Subject | None:
    """The image at a place, with what was said about it as long as it is the same file."""
    known = visit.subjects[place]
    if path is None or known is None or known.path != path:
        visit.subjects[place] = None if path is None else Subject(path)
    return visit.subjects[place]


def _found(found: FoundObject) -> str:
    if found.doubt is not None:
        return (
            f"**Is this the object? By {found.how}, {found.doubt}.** Click below where the "
            "outline is wrong, drag a box around the object, or upload a mask."
        )
    return f"Object found by {found.how}; it covers {found.mask.mean():.0%} of the picture."


def _not_found(visit: Visit, subject: Subject, error: UserError) -> tuple[Any, ...]:
    """Say why, and open the tools where clicks can help."""
    try:
        picture = visit.upload(subject.path).picture
    except UserError:
        return f"**{error}**", gr.update(open=False), None
    status = f"**{error}**"
    if not subject.is_marked:
        status = (
            "**The background is not plain.** Click on the object below, or drag a box around it."
        )
    return status, gr.update(open=True), outline_view(picture.rgb, None, subject.marks, subject.box)


def lay_out_image(inputs: ObjectInputs, label: str, place: int, prefix: str = "") -> Any:
    """An upload, what was found on it, and the tools to correct that.

    Args:
        inputs: its handlers.
        label: what it is called.
        place: 0 or 1.
        prefix: of the names of the HTML elements.

    Returns:
        The upload.
    """
    key = prefix + label.lower().replace(" ", "")
    with gr.Column(min_width=300):
        sources = ["upload", "clipboard"]
        upload = image_input(label=label, sources=sources, height=300, elem_id=f"{key}-upload")
        status = gr.Markdown(INVITATION, elem_id=f"{key}-status", elem_classes="status")
        with gr.Accordion("Correct the outline", open=False, elem_id=f"{key}-details") as details:
            gr.Markdown(
                "Drag a box around the object, or click where the outline is wrong. A click marks:",
                elem_classes="hint",
            )
            meaning = gr.Radio(
                list(MEANINGS),
                value=MEANINGS[0],
                show_label=False,
                container=False,
                elem_id=f"{key}-meaning",
            )
            outline = picture_view(f"{key}-outline", f"{label} with its outline", height=300)
            box = box_line(key)
            with gr.Row():
                undo = gr.Button("Undo", size="sm", min_width=90)
                restart = gr.Button("Start over", size="sm", min_width=90)
            mask = image_input(
                label="Or upload a mask, white on the object",
                sources=["upload"],
                height=140,
                elem_id=f"{key}-mask",
            )
    shown, clicked = [status, details, outline], [upload, meaning]
    on(upload.change, partial(inputs.uploaded, place=place), [upload], [*shown, mask], LIGHT)
    on(box.submit, partial(inputs.boxed, place=place), [box, upload], [*shown, box], LIGHT)
    on(mask.change, partial(inputs.masked, place=place), [upload, mask], shown, LIGHT)
    on(outline.select, partial(inputs.marked, place=place), clicked, shown, LIGHT, click=True)
    on(undo.click, partial(inputs.undone, place=place), [upload], shown, LIGHT)
    on(restart.click, partial(inputs.restarted, place=place), [upload], shown, LIGHT)
    return upload
