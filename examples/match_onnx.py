"""Match two objects without torch: numpy, Pillow and onnxruntime.

funcorr export funcorr-small --format onnx --out onnx
python examples/match_onnx.py onnx a.png a-mask.png b.png b-mask.png pour-with
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

folder, function = Path(sys.argv[1]), sys.argv[6]
config = json.loads((folder / "config.json").read_text())
text = np.load(folder / "functions.npz")[function]
trunk, head = (onnxruntime.InferenceSession(folder / f"{n}.onnx") for n in ("trunk", "head"))


def describe(image, mask):
    """Object pixels (x, y) of an image, their descriptors, and which are in the part."""
    rgb, inside = np.array(Image.open(image).convert("RGB")), np.array(Image.open(mask)) > 127
    rows, columns = np.nonzero(inside)
    points = np.stack([columns, rows], 1)
    low, high = points.min(0), points.max(0)
    side, size = (high - low + 1).max() * config["margin"], config["input_size"]
    corner = (low + high + 1 - side) / 2  # edge of the window; pixel centres are integers + 0.5
    rgb[~inside] = config["background"]
    pad = int(side) + 1
    frame = ((pad, pad), (pad, pad), (0, 0))
    canvas = Image.fromarray(np.pad(rgb, frame, constant_values=config["background"]))
    box = (*(corner + pad), *(corner + pad + side))
    window = np.asarray(canvas.resize((size, size), Image.Resampling.BICUBIC, box=box))
    images = window.transpose(2, 0, 1)[None].astype(np.float32) / 255
    grid = trunk.run(None, {"images": images})[0]
    places = ((points + 0.5 - corner) * size / side - 0.5).astype(np.float32)
    found = [
        head.run(["descriptors", "part"], {"grid": grid, "points": block, "text": text})
        for block in np.split(places, range(8192, len(places), 8192))
    ]
    descriptors, part = (np.concatenate(each) for each in zip(*found, strict=True))
    return points, descriptors, part, np.hypot(*rgb.shape[:2])


def nearest(a, b):
    """For each row of a the best row of b, by cosine, and how good it is."""
    blocks = [block @ b.T for block in np.split(a, range(512, len(a), 512))]
    return np.concatenate([p.argmax(1) for p in blocks]), np.concatenate([p.max(1) for p in blocks])


(points1, a, part1, diagonal), (points2, b, part2, _) = (
    describe(*sys.argv[2:4]),
    describe(*sys.argv[4:6]),
)
in1, in2 = part1 > config["part_threshold"], part2 > config["part_threshold"]
sizes = [in1.sum(), in2.sum(), (~in1).sum(), (~in2).sum()]
if min(sizes) < config["smallest_region"]:
    in1, in2 = np.ones_like(in1), np.ones_like(in2)
forward, similarity = nearest(a[in1], b[in2])
backward, _ = nearest(b[in2], a[in1])
start, end = points1[in1], points2[in2][forward]
cycle = np.linalg.norm(start - start[backward[forward]], axis=1)
odds = [np.log(p := part.clip(1e-4, 1 - 1e-4)) - np.log(1 - p) for part in (part1[in1], part2[in2])]
scores = (1 - cycle / diagonal) * similarity + config["part_odds"] * (odds[0] + odds[1][forward])
for row in scores.argsort()[::-1][:10]:
    print(*start[row], *end[row], f"{similarity[row]:.3f}")
