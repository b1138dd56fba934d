"""How the pages look: quiet, system-like, nothing fetched from elsewhere."""

from __future__ import annotations

from typing import Any

from funcorr.errors import require

FONTS = ("ui-sans-serif", "system-ui", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "Consolas", "monospace")
"""Of the visitor's own machine."""

CSS = """
.gradio-container { max-width: 1120px !important; margin: 0 auto !important; }
.title h1 { font-size: 1.5rem; margin-bottom: .1rem; }
.title p { color: var(--body-text-color-subdued); margin-top: 0; }
.status p { margin: 0; min-height: 1.5em; color: var(--body-text-color-subdued); }
.status strong { color: var(--body-text-color); }
.actions { align-items: end; }
.actions button { min-height: 2.9rem; padding-inline: .5rem; }
[role="tab"][aria-selected="true"] { color: var(--primary-700) !important; }
#points table { width: auto; border: 0; font-variant-numeric: tabular-nums; }
#points tr { border: 0; }
#points td, #points th { padding: .2rem 1.5rem .2rem 0; border: 0; text-align: left; }
#points td, #points th { word-break: normal; overflow-wrap: normal; }
@media (max-width: 480px) {
  #points td, #points th { padding-right: .8rem; }
  .table-wrap td, .table-wrap th { padding: .3rem !important; }
}
#view1 img, [id$="-outline"] img { cursor: crosshair; }
[id$="-outline"] img { user-select: none; }
.unseen { display: none !important; }
.drag-frame { display: none; position: fixed; border: 2px solid #0072b2; pointer-events: none; }
.gallery-item { padding: .25rem; }
footer { display: none !important; }
"""


def theme() -> Any:
    """Gradio's quiet theme in one blue, with the visitor's own fonts."""
    gr = require("gradio", extra="app")
    base = gr.themes.Default(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=FONTS,
        font_mono=MONO,
    )
    return base.set(
        body_background_fill="*neutral_50",
        body_text_color_subdued="*neutral_600",
        block_info_text_color="*neutral_600",
        input_placeholder_color="*neutral_500",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        block_shadow="none",
    )
