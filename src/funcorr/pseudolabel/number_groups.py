"""Finding groups of four numbers in text: the first half of reading boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Order = Literal["xyxy", "yxyx", "xywh", "cxcywh"]
Units = Literal["thousandths", "fractions", "pixels"]
"""What numbers count: parts of the image's sides, or pixels."""

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_ITEM = re.compile(rf"[\"']?({_NUMBER})(%|px)?[\"']?")
_BRACKET = re.compile(r"[\[({<]([^\[\](){}<>]*)[\])}>]")
_JOINT = re.compile(
    r"[\])\s,;]*+(?:(?:to|and|->?)\s*+)?(?:the\s)?(?:[\"']?(?:bottom|lower)[-_ ]?right[\"']?"
    r"(?:\scorner)?(?:\s(?:is|at))?\s*+[:=]?)?[\[(\s,;]*+",
    re.IGNORECASE,
)
_KEY = re.compile(r"(\w+)[\"']?\s*[:=][\[(\s]*$")
_LOCATIONS = re.compile(r"(?:<loc_?\d{1,4}>\s*)+|(?:<\d{1,4}>\s*){2,}")
_LOCATION = re.compile(r"<(loc_?)?(\d{1,4})>")
_OPEN_TAG = re.compile(r"<(?:b?box|\|box_start\|)>")
_CLOSE_TAG = re.compile(r"<(?:/b?box|\|box_end\|)>")
_POINT = re.compile(
    rf"\{{\s*[\"']?x[\"']?\s*:\s*({_NUMBER})\s*,\s*[\"']?y[\"']?\s*:\s*({_NUMBER})\s*\}}"
)
_NAMED = re.compile(rf"\b([a-zA-Z]\w*)[\"']?\s*[:=>]\s*[\"']?({_NUMBER})(%?)")
_BARE = re.compile(rf"{_NUMBER}%?(?:\s*,\s*{_NUMBER}%?)+")
_SCORE = re.compile(rf"\b(?:score|confidence)[\"']?\s*[:=]\s*({_NUMBER})", re.IGNORECASE)

_MOLMO_POINTS = re.compile(r"<points?\s[^<>]*>")
_NAME = r"[\"'`]?[a-zA-Z][\w-]*[\"'`]?"
_LEGEND = re.compile(rf"{_NAME}(?:\s*,\s*{_NAME}){{3}}")
"""Four names between commas, which say the order of numbers that stand elsewhere."""
_FORMAT = re.compile(r"\b(cxcywh|xywh|yxyx|xyxy)\b", re.IGNORECASE)

_ORDERS: tuple[Order, ...] = ("cxcywh", "xywh", "yxyx", "xyxy")
_THOUSANDTHS = ("box_2d", "box2d")
"""Under these keys y comes first, and thousandths are counted."""

_NOT_BOXES = {"score", "scores", "confidence", "confidences", "size", "image_size", "shape"}
_NAMES = {
    **dict.fromkeys(("left", "xmin", "minx", "x0"), "left"),
    **dict.fromkeys(("top", "ymin", "miny", "y0"), "top"),
    **dict.fromkeys(("right", "xmax", "maxx"), "right"),
    **dict.fromkeys(("bottom", "ymax", "maxy"), "bottom"),
    **dict.fromkeys(("w", "width"), "width"),
    **dict.fromkeys(("h", "height"), "height"),
    **dict.fromkeys(("cx", "centerx", "xcenter"), "cx"),
    **dict.fromkeys(("cy", "centery", "ycenter"), "cy"),
    **{name: name for name in ("x", "y", "x1", "y1", "x2", "y2")},
}
_NAMED_BOXES: tuple[tuple[tuple[str, str, str, str], Order], ...] = (
    (("left", "top", "right", "bottom"), "xyxy"),
    (("left", "top", "x1", "y1"), "xyxy"),
    (("x1", "y1", "x2", "y2"), "xyxy"),
    (("cx", "cy", "width", "height"), "cxcywh"),
    (("left", "top", "width", "height"), "xywh"),
    (("x", "y", "width", "height"), "xywh"),
)


@dataclass(frozen=True)
class NumberGroup:
    """Four numbers that may be a box.

    Attributes:
        start: where in the text.
        numbers: as written; per cent are divided by 100.
        order: what they stand for.
        units: what they count where the form of writing says it, else None.
        score: confidence that stands beside them, else 1.
    """

    start: int
    numbers: tuple[float, ...]
    order: Order = "xyxy"
    units: Units | None = None
    score: float = 1.0


@dataclass(frozen=True)
class _Broken:
    """Something that looks like a box but is none."""

    start: int


def number_groups(text: str) -> tuple[list[NumberGroup], int]:
    """All groups of four numbers in order, and how many near misses there are.

    Names of an order in the prose, such as ``[ymin, xmin, ymax, xmax]`` or ``xywh``, hold for the
    lists that have no key of their own that says one.

    Example:
        >>> groups, broken = number_groups("at [[1, 2, 3, 4]] and [5, 6")
        >>> groups[0].numbers, broken
        ((1.0, 2.0, 3.0, 4.0), 1)
    """
    text = _OPEN_TAG.sub("[", _CLOSE_TAG.sub("]", _POINT.sub(r"[\1, \2]", text)))
    text = re.sub(r"\\([\[\](){}_])", r"\1", text)  # Markdown and LaTeX
    found: list[NumberGroup | _Broken] = []
    found += (_Broken(match.start()) for match in _MOLMO_POINTS.finditer(text))
    text = _MOLMO_POINTS.sub(" ", text)
    found += _tokens(text)
    text = _LOCATIONS.sub(lambda match: " " * len(match[0]), text)
    found += [*_brackets(text), *_cut_off(text), *_named(text)]
    if not found:
        found = [*_bare(text)]
    groups = sorted((f for f in found if isinstance(f, NumberGroup)), key=lambda g: g.start)
    return groups, len(found) - len(groups)


def _tokens(text: str) -> Iterator[NumberGroup | _Broken]:
    """``<loc_7>``, ``<7>``: bins of a thousand, x first; ``<loc0007>``: bins of 1024, y first."""
    for run in _LOCATIONS.finditer(text):
        bins = _LOCATION.findall(run[0])
        for quad in (bins[i : i + 4] for i in range(0, len(bins), 4)):
            values = [int(digits) for _, digits in quad]
            if len(quad) < 4:
                yield _Broken(run.start())
            elif quad[0][0] != "loc":
                numbers = tuple((value + 0.5) / 1000 for value in values)
                yield NumberGroup(run.start(), numbers, "xyxy", "fractions")
            else:
                numbers = tuple(value / 1024 for value in values)
                yield NumberGroup(run.start(), numbers, "yxyx", "fractions")


class _Piece(NamedTuple):
    """What stands between two brackets, or between semicolons in them."""

    start: int
    end: int
    key: str
    items: list[str]


def _brackets(text: str) -> Iterator[NumberGroup | _Broken]:
    """``[1, 2, 3, 4]``, ``[1,2,3,4; 5,6,7,8]`` and ``(1,2),(3,4)``, with or without a key."""
    corner: _Piece | None = None
    legend, format_ = _legend(text), _format(text)
    for piece in _pieces(text):
        if len(piece.items) == 2:
            if corner and _JOINT.fullmatch(text, corner.end, piece.start):
                yield _group(corner.start, corner.items + piece.items)
                corner = None
                continue
            if corner:
                yield _Broken(corner.start)
            corner = piece
        elif len(piece.items) == 4 and legend and not _order(piece.key):
            yield from _from_names(piece.start, dict(zip(legend, piece.items, strict=True)))
        elif len(piece.items) == 4:
            score = _SCORE.search(text, *_object_around(text, piece))
            yield _group(
                piece.start,
                piece.items,
                _order(piece.key) or format_,
                "thousandths" if piece.key in _THOUSANDTHS else None,
                float(score[1]) if score else 1.0,
            )
        else:
            yield _Broken(piece.start)
    if corner:
        yield _Broken(corner.start)


def _legend(text: str) -> tuple[str, ...] | None:
    """The names of four numbers, where exactly one order of them is given."""
    found = set()
    for match in _LEGEND.finditer(text):
        words = re.findall(r"[a-zA-Z][\w-]*", match[0].lower())
        names = tuple(_NAMES.get(re.sub("[_-]", "", word), "") for word in words)
        if len(set(names)) == 4 and all(names):
            found.add(names)
    return found.pop() if len(found) == 1 else None


def _format(text: str) -> Order | None:
    """The order that is named beside the numbers, where exactly one is."""
    found = {match[1].lower() for match in _FORMAT.finditer(text)}
    return next((order for order in _ORDERS if found == {order}), None)


def _order(key: str) -> Order | None:
    """The order that a key such as ``bbox_xywh`` names."""
    if key in _THOUSANDTHS:
        return "yxyx"
    return next((order for order in _ORDERS if order in key), None)


def _pieces(text: str) -> Iterator[_Piece]:
    """Lists of at least two items that are numbers, but for those that are scores or sizes."""
    key, end = "", 0
    for match in _BRACKET.finditer(text):
        written = _KEY.search(text, max(0, match.start() - 40), match.start())
        if written or not _JOINT.fullmatch(text, end, match.start()):
            key = written[1].lower() if written else ""
        end = match.end()
        for part in match[1].split(";"):
            items = [item for item in re.split(r"[,\s]+", part) if item]
            numeric = [item for item in items if _ITEM.fullmatch(item)]
            prose = len(numeric) < len(items) and (len(numeric) < 2 or len(items) > 4)
            if len(numeric) > 1 and not prose and key not in _NOT_BOXES:
                yield _Piece(match.start(), end, key, items if numeric == items else [])


def _object_around(text: str, piece: _Piece) -> tuple[int, int]:
    """Start and end of the braces around a list; an empty span where there are none."""
    start, end = text.rfind("{", 0, piece.start), text.find("}", piece.end)
    return (0, 0) if start < 0 or "}" in text[start : piece.start] else (start, max(end, start))


def _cut_off(text: str) -> Iterator[_Broken]:
    """A list of numbers that the end of the text cuts off."""
    start = max(text.rfind("["), text.rfind("("))
    items = re.split(r"[,;\s]+", text[start + 1 :].strip(" ,;\n"))
    if start >= 0 and all(_ITEM.fullmatch(item) for item in items):
        yield _Broken(start)


def _named(text: str) -> Iterator[NumberGroup | _Broken]:
    """Named corners: ``{"xmin": 1, ...}``, ``x1=1 y1=2 ...``; a repeated name starts a new box."""
    corners: dict[str, str] = {}
    start = 0
    for match in _NAMED.finditer(text):
        name = _NAMES.get(match[1].lower().replace("_", ""))
        if name is None:
            continue
        if name in corners:
            yield from _from_names(start, corners)
            corners = {}
        start = start if corners else match.start()
        corners[name] = match[2] + match[3]
    yield from _from_names(start, corners)


def _from_names(start: int, corners: dict[str, str]) -> Iterator[NumberGroup | _Broken]:
    for names, order in _NAMED_BOXES:
        if corners.keys() >= set(names):
            yield _group(start, [corners[name] for name in names], order)
            return
    if len(corners.keys() - {"width", "height"}) > 1:
        yield _Broken(start)


def _bare(text: str) -> Iterator[NumberGroup | _Broken]:
    """Numbers between commas, outside of brackets."""
    for match in _BARE.finditer(_BRACKET.sub(" ", text)):
        items = re.split(r"\s*,\s*", match[0])
        if len(items) == 4:
            yield _group(match.start(), items)
        elif len(items) > 2:
            yield _Broken(match.start())


def _group(
    start: int,
    items: list[str],
    order: Order | None = None,
    units: Units | None = None,
    score: float = 1.0,
) -> NumberGroup:
    parts = [match for item in items if (match := _ITEM.fullmatch(item))]
    percent = any(part[2] == "%" for part in parts)
    numbers = tuple(float(part[1]) / (100 if percent else 1) for part in parts)
    if percent:
        units = "fractions"
    elif any(part[2] == "px" for part in parts):
        units = "pixels"
    return NumberGroup(start, numbers, order or "xyxy", units, score)
