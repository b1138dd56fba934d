"""The example of docs/own-features.md, run as it stands."""

import csv
import re
from pathlib import Path

from PIL import Image
from test_known_parts import make_bench

ROOT = Path(__file__).parents[1]


def test_the_example_runs_in_at_most_20_lines(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "own-features.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    written = [line for line in code.splitlines() if line.strip()]
    assert len(written) <= 20
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples").mkdir()
    for name in ("coffee-mug.png", "wine-bottle.png"):
        with Image.open(ROOT / "samples" / name) as image:
            image.thumbnail((120, 120))
            image.save(tmp_path / "samples" / name)
    (tmp_path / "bench").mkdir()
    make_bench(tmp_path / "bench")
    names: dict = {}
    exec(compile(code, "own-features.md", "exec"), names)
    assert len(names["result"]) > 1000
    assert names["result"].model == "colours"
    with (tmp_path / "out" / "table.csv").open() as file:
        rows = {line["model"]: line for line in csv.DictReader(file) if line["pairs"] == "overall"}
    assert set(rows) == {"colours", "chance"}
    assert rows["colours"]["ap@23"] != rows["chance"]["ap@23"]
    assert (tmp_path / "out" / "table.html").is_file()
