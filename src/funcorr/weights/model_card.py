"""The model card that the hub shows: metadata, what is known of the head, how to use it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TAGS = ("funcorr", "correspondence", "semantic-correspondence", "robotics")


def model_card(folder: Path, card: Mapping[str, Any], example: str, license: str | None) -> str:
    """A README for a model repository.

    Args:
        folder: of the head; its own ``README.md`` is the body where there is one.
        card: the values of ``config.json``, of which a body is made otherwise.
        example: lines of Python that use the model.
        license: of the weights; left out where None.
    """
    from huggingface_hub import ModelCardData

    data = ModelCardData(library_name="funcorr", tags=list(TAGS), license=license)
    written = folder / "README.md"
    body = written.read_text(encoding="utf-8") if written.is_file() else _body(card)
    body = re.sub(r"\A---\n.*?\n---\n", "", body, count=1, flags=re.DOTALL).strip()
    body = body.split("\n## Use\n")[0].rstrip()
    return f"---\n{data.to_yaml()}\n---\n\n{body}\n\n## Use\n\n```python\n{example}```\n"


def _body(card: Mapping[str, Any]) -> str:
    functions = ", ".join(card["functions"]) or "not recorded"
    rows = {
        "features": f"`{card['backbone']}`, frozen",
        "words": f"`{card['text_encoder']}`, frozen",
        "finds the functional part": "yes" if card["head"]["mask_head"] else "no",
        "trained on the functions": functions,
        "confidence": "calibrated" if card["calibration"] else "not calibrated",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    what = "A function-conditioned head for dense functional correspondence, made with funcorr."
    return f"# {card['name']}\n\n{what}\n\n| | |\n|---|---|\n{table}"
