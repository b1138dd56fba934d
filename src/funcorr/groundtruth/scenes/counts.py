"""What became of the photographs of scenes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class SceneCounts:
    """What became of the photographs.

    Attributes:
        views: object id -> how many views were written.
        pictures: image files that were read.
        left_out: why -> how many views.
        whole_masks: views written whose mask showed the object whole.
        kept: objects that were there already.
    """

    views: dict[str, int] = field(default_factory=dict)
    pictures: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    whole_masks: int = 0
    kept: int = 0

    def __str__(self) -> str:
        """One line with every count."""
        said = [
            f"pictures read: {self.pictures}",
            f"objects: {sum(map(bool, self.views.values()))}",
            f"views: {sum(self.views.values())}",
            f"left out: {self.left_out.total()}",
        ]
        said += [f"{why}: {count}" for why, count in sorted(self.left_out.items())]
        if self.whole_masks:
            said.append(f"no mask_visib, hidden pixels computed: {self.whole_masks}")
        if self.kept:
            said.append(f"objects there already: {self.kept}")
        return ", ".join(said)
