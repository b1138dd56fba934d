"""Pictures of matches for people, drawn with Pillow, 1200 pixels wide."""

from funcorr.viz.dense import draw_dense
from funcorr.viz.matches import draw_matches, readable_separation
from funcorr.viz.parts import draw_parts

__all__ = ["draw_dense", "draw_matches", "draw_parts", "readable_separation"]
