"""A box dragged with the mouse on a picture of the page: what the browser does for it.

A drag on a picture ``#NAME-outline`` draws a frame and puts its corners, as shares of the picture's
width and height, into the hidden line ``#NAME-box``. A press that hardly moves stays a click. On
touch screens a drag scrolls, and clicks mark the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funcorr.errors import UserError, require

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

LEAST_DRAG = 6
"""Pixels of the screen from which on a press that moves is a drag."""

LISTEN = """() => {
  const picture = node => node.closest && node.closest('[id$="-outline"] img')
  const frame = document.createElement('div')
  frame.className = 'drag-frame'
  document.body.append(frame)
  let start = null, dragged = false
  const corners = event => {
    const r = start.image.getBoundingClientRect()
    const inside = (v, low, size) => Math.min(Math.max((v - low) / size, 0), 1)
    const x = [start.x, event.clientX].map(v => inside(v, r.left, r.width)).sort((a, b) => a - b)
    const y = [start.y, event.clientY].map(v => inside(v, r.top, r.height)).sort((a, b) => a - b)
    return {rect: r, box: [x[0], y[0], x[1], y[1]]}
  }
  const end = () => { start = null; frame.style.display = 'none' }
  document.addEventListener('dragstart', e => { if (picture(e.target)) e.preventDefault() })
  document.addEventListener('pointerdown', e => {
    dragged = false
    const image = picture(e.target)
    if (image && e.button === 0 && e.pointerType !== 'touch')
      start = {image, x: e.clientX, y: e.clientY}
  })
  document.addEventListener('pointermove', e => {
    if (!start) return
    dragged = dragged || Math.hypot(e.clientX - start.x, e.clientY - start.y) >= LEAST
    if (!dragged) return
    const {rect, box} = corners(e)
    Object.assign(frame.style, {
      display: 'block', left: `${rect.left + box[0] * rect.width}px`,
      top: `${rect.top + box[1] * rect.height}px`,
      width: `${(box[2] - box[0]) * rect.width}px`, height: `${(box[3] - box[1]) * rect.height}px`
    })
  })
  document.addEventListener('pointerup', e => {
    if (start && dragged) {
      const id = start.image.closest('[id$="-outline"]').id.replace('-outline', '-box')
      const line = document.querySelector(`#${id} textarea, #${id} input`)
      line.value = corners(e).box.map(v => v.toFixed(5)).join(',')
      line.focus({preventScroll: true})
      line.dispatchEvent(new Event('input', {bubbles: true}))
      const enter = new KeyboardEvent('keypress', {key: 'Enter', bubbles: true})
      setTimeout(() => { line.dispatchEvent(enter); line.blur() })
    }
    end()
  })
  document.addEventListener('pointercancel', end)
  document.addEventListener('click', e => {
    if (dragged) { e.stopPropagation(); e.preventDefault() }
    dragged = false
  }, true)
}""".replace("LEAST", str(LEAST_DRAG))
"""Run once in the browser."""


def box_line(name: str) -> Any:
    """The line that a drag on the picture ``#NAME-outline`` fills; nobody sees it."""
    return gr.Textbox(
        show_label=False, container=False, elem_id=f"{name}-box", elem_classes="unseen"
    )


def parse_shares(text: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in shares of the picture.

    Raises:
        UserError: these are no four shares around an area.

    Example:
        >>> parse_shares("0.1,0.2,0.5,0.75")
        (0.1, 0.2, 0.5, 0.75)
    """
    try:
        left, top, right, bottom = (float(word) for word in text.split(","))
    except ValueError:
        left = top = right = bottom = 0.0
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise UserError("the box has no area: drag from one corner of the object to the other")
    return left, top, right, bottom
