"""CogVLM, grounding generalist (Wang et al. 2023): the labeller of the paper.

It answers with boxes in double brackets, three digits a number, in thousandths of the square that
it sees: ``[[053,099,534,445]]``, several joined by semicolons. Serve it behind any chat endpoint.
"""

from __future__ import annotations

from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.prompts import GroundingStyle, Sampling, expression


def prompt(query: PartQuery) -> str:
    """The question of the pseudo-labels: for the exact boxes of one expression.

    Example:
        >>> prompt(PartQuery("Handle", "A loop at the side."))
        'Which boxes [[x0,y0,x1,y1]] in this image exactly enclose "handle - a loop at the side"?'
    """
    return f'Which boxes [[x0,y0,x1,y1]] in this image exactly enclose "{expression(query)}"?'


COGVLM = GroundingStyle(
    "cogvlm",
    prompt,
    keep="last",
    strict=True,
    sampling=Sampling(temperature=0.9, top_p=0.95, top_k=5),
)
"""The paper's settings: white square, temperature 0.9, top-p 0.95, top-k 5, the last box counts,
a malformed box spoils the answer. The wording of the question is ours."""
