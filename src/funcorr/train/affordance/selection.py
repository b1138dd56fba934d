"""Which state of a run becomes the model, when it is not the last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from funcorr.affordance.data import OneShotExample, read_agd20k
from funcorr.affordance.head import AffordanceHead, heatmaps
from funcorr.errors import UserError
from funcorr.functions import function_words
from funcorr.functions.prompted import prompted
from funcorr.functions.text import TextEncoder
from funcorr.io import read_json, write_json
from funcorr.metrics import agd20k_map, kld
from funcorr.run_folder import log_until
from funcorr.train.affordance.config import AffordanceTrainConfig
from funcorr.train.affordance.examples import Examples
from funcorr.train.curves import append_to_log
from funcorr.weights.pretrained import read_tensors, write_tensors

if TYPE_CHECKING:
    from lightning_fabric import Fabric

SCORED_AT = 224
"""Side of the maps that are compared, as in the benchmark's protocol."""


def split_examples(
    examples: list[OneShotExample], config: AffordanceTrainConfig, test: Path | None
) -> tuple[list[OneShotExample], list[OneShotExample]]:
    """Examples to train on, and those by which the model is chosen (none by the rule "last").

    Args:
        examples: all annotated training images.
        config: says the rule.
        test: a split in AGD20K's layout, for the rule "test".

    Raises:
        UserError: the rule is "test" and there is no test set, or the reverse.
    """
    if (config.select == "test") != (test is not None):
        raise UserError("select='test' and a test set belong together; one was given alone")
    if test is not None:
        return examples, _test_examples(test)
    if config.select == "last":
        return examples, []
    objects = sorted({example.object for example in examples})
    count = math.ceil(config.held_out * len(objects))
    if count == len(objects):
        raise UserError(f"cannot hold out {count} of {len(objects)} objects; annotate more")
    order = np.random.default_rng([config.seed, config.draw]).permutation(len(objects))
    out = {objects[index] for index in order[:count]}
    kept = [example for example in examples if example.object not in out]
    return kept, [example for example in examples if example.object in out]


def _test_examples(split: Path) -> list[OneShotExample]:
    """The pictures of a test set with all their heatmaps."""
    pictures: dict[tuple[str, str, str], OneShotExample] = {}
    for sample in read_agd20k(split.parent, split.name):
        example = OneShotExample(sample.image, sample.object, {})
        known = pictures.setdefault(sample.photograph, example)
        known.heatmaps[sample.action] = sample.truth()
    return list(pictures.values())


class BestState:
    """Keeps the state with the lowest KLD: an observer of a :class:`Trainer`.

    Args:
        examples: images with one version each, and heatmaps at ``SCORED_AT``.
        encoder: frozen text encoder.
        config: the run.
        out: run folder; gets ``best.safetensors``, ``best.json`` and a log in ``validation/``.
        fabric: where the head is.
    """

    def __init__(
        self,
        examples: Examples,
        encoder: TextEncoder,
        config: AffordanceTrainConfig,
        out: Path,
        fabric: Fabric,
    ) -> None:
        self.examples, self.config, self.fabric = examples, config, fabric
        self.encoder = prompted(encoder, config.shape.prompt_layers)
        self.names = self.encoder.prepare([function_words(a) for a in examples.actions])
        self.weights, self.record = out / "best.safetensors", out / "best.json"
        self.log = out / "validation" / f"{config.select}.jsonl"

    def __call__(self, done: int, head: nn.Module) -> None:
        """Score the head now and then, and keep it if it is the best so far."""
        if done % self.config.check_every:
            return
        assert isinstance(head, AffordanceHead)
        value = self.score(head)
        append_to_log(log_until(self.log, done), done, {"kld": value})
        best = read_json(self.record, "record")["kld"] if self.record.is_file() else math.inf
        if value < best:
            write_tensors(self.weights, head.state_dict())
            write_json(self.record, {"step": done, "kld": value})

    def restore(self, head: AffordanceHead) -> None:
        """Give the head its best state, if there was a look."""
        if self.weights.is_file():
            head.load_state_dict(read_tensors(self.weights))

    @torch.no_grad()
    def score(self, head: AffordanceHead) -> float:
        """Mean KLD over all annotated image-action pairs, by the AGD20K protocol."""
        training = head.training
        head.eval()
        text = head.text(self.encoder, self.names)
        values = [self._image(head, text, index) for index in range(len(self.examples))]
        head.train(training)
        return float(np.mean(np.concatenate(values)))

    def _image(self, head: AffordanceHead, text: Tensor, index: int) -> Sequence[float]:
        truth = self.examples.heat[index, 0]
        present = torch.nonzero(truth.amax((1, 2)) > 0)[:, 0].tolist()
        fused = head.fuse(*self.fabric.to_device(self.examples.rows([index], [0])))
        logits = head.logits(head.read(text[present], fused), fused)
        maps = heatmaps(logits, (SCORED_AT, SCORED_AT))[0].cpu().numpy()
        pairs = zip(maps.clip(0, 1), truth[present].numpy(), strict=True)
        return [kld(agd20k_map(found), wanted) for found, wanted in pairs]
