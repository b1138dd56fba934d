"""Pictures of arrays for people; results hand theirs over, see ``funcorr.correspondence.pictures``.

``draw_*`` make finished PNG pictures with Pillow, which is always there: the command writes them.
``paint_*`` give the coloured images alone, at any size.
``plot_*`` draw into matplotlib axes, for figures of your own (the extra ``plot``).
All of them share their colours. :func:`save` writes pictures and axes.
"""

from funcorr.viz.curves import plot_curves
from funcorr.viz.dense import draw_dense, paint_dense, point_colors
from funcorr.viz.heatmap import draw_heatmaps, paint_heatmap
from funcorr.viz.image_grid import (
    captioned,
    dotted,
    draw_sheet,
    fitted_size,
    framed,
    paled,
    thumbnail,
)
from funcorr.viz.matches import draw_matches, draw_points, readable_separation, silhouette
from funcorr.viz.parts import draw_parts, paint_parts
from funcorr.viz.plots import plot_images, plot_matches, plot_outlines
from funcorr.viz.save import save, to_png

__all__ = [
    "captioned",
    "dotted",
    "draw_dense",
    "draw_heatmaps",
    "draw_matches",
    "draw_parts",
    "draw_points",
    "draw_sheet",
    "fitted_size",
    "framed",
    "paint_dense",
    "paint_heatmap",
    "paint_parts",
    "paled",
    "plot_curves",
    "plot_images",
    "plot_matches",
    "plot_outlines",
    "point_colors",
    "readable_separation",
    "save",
    "silhouette",
    "thumbnail",
    "to_png",
]
