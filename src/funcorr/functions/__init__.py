"""What objects are for: function names, their taxonomy, frames and text encoders."""

from funcorr.functions.frames import FunctionalFrame, alignment, closest_frames, view_alignment
from funcorr.functions.names import check_function, function_words
from funcorr.functions.taxonomy import Category, Function, Part, Taxonomy, load_taxonomy

__all__ = [
    "Category",
    "Function",
    "FunctionalFrame",
    "Part",
    "Taxonomy",
    "alignment",
    "check_function",
    "closest_frames",
    "function_words",
    "load_taxonomy",
    "view_alignment",
]
