"""Matchers with a trained head: from a folder or the Hugging Face hub, and back."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import torch

from funcorr.correspondence.checkpoint import HeadCard, load_head
from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.matching import Precision
from funcorr.correspondence.model import Matcher
from funcorr.errors import UserError
from funcorr.features import load_backbone
from funcorr.io import atomic_folder, cannot_write
from funcorr.weights.heads import HEAD_FILES, PACKAGED, from_hub, to_hub
from funcorr.weights.model_card import model_card
from funcorr.weights.pretrained import folder_fingerprint, pick_device

NOT_IN_FINGERPRINT = (
    "name",
    "backbone",
    "text_encoder",
    "head",
    "training",
    "calibration",
    "transfer_calibration",
    "functions",
)
"""What of a head's card is in its fingerprint already or changes no match; the rest is added."""

EXAMPLE = """import funcorr

model = funcorr.load_model("{repository}")
result = model.match("kettle.png", "bottle.png", function="pour-with")
result.plot("matches.png")
"""


class TrainedMatcher(Matcher):
    """A :class:`Matcher` whose head lies in a folder; made by :meth:`from_pretrained`.

    Attributes:
        folder: with ``config.json`` and ``model.safetensors``.
        card: what ``config.json`` says.
    """

    folder: Path
    card: HeadCard

    @classmethod
    def from_folder(
        cls, folder: Path, device: torch.device, precision: Precision = "fp32"
    ) -> TrainedMatcher:
        """The matcher of a folder.

        Raises:
            UserError: the folder holds no head, or a damaged one.
        """
        extractor, card = read_trained(folder, device)
        name = folder.name if folder.parent == PACKAGED else card.name
        matcher = cls(
            name,
            extractor,
            device,
            precision,
            card.calibration,
            card.layout,
            card.part_odds,
            transfer_calibration=card.transfer_calibration,
        )
        matcher.folder, matcher.card = folder, card
        return matcher

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path,
        *,
        revision: str | None = None,
        token: str | None = None,
        device: str | torch.device | None = None,
        precision: Precision = "fp32",
    ) -> TrainedMatcher:
        """Load a head from a folder or from the hub.

        Args:
            name: a folder, or ``owner/name`` of a model repository.
            revision: branch, tag or commit of the repository; None takes its main branch.
            token: of the hub, for private repositories; None takes the one that ``hf auth login``
                keeps.
            device: None takes a GPU if there is one.
            precision: of the search for nearest neighbours, see :func:`funcorr.load_model`.

        Raises:
            UserError: there is no head, or a damaged one.
            MissingWeightsError: there is no such repository, or it cannot be reached.
        """
        folder = Path(name).expanduser()
        if not folder.is_dir():
            folder = from_hub(str(name), revision, token)
        return cls.from_folder(folder, pick_device(device), precision)

    def save_pretrained(self, folder: str | Path, license: str | None = None) -> Path:
        """Write the head and a model card, as :meth:`from_pretrained` reads them.

        Args:
            folder: one that is empty or not there.
            license: of the weights, as the hub abbreviates it, for the card.

        Raises:
            UserError: the folder is not empty or cannot be written to, or the head's files are
                gone.
        """
        return self._save(Path(folder), str(folder), license)

    def push_to_hub(
        self,
        repository: str,
        *,
        license: str | None = None,
        private: bool | None = None,
        token: str | None = None,
        message: str = "Head and card",
    ) -> str:
        """Put the head and its card into a model repository, which is made where it is missing.

        Args:
            repository: ``owner/name``.
            license: of the weights, as the hub abbreviates it, for instance ``"mit"``.
            private: whether a new repository is; None leaves that to the owner's settings.
            token: of the hub; None takes the one that ``hf auth login`` keeps.
            message: of the commit.

        Returns:
            The address of the commit.

        Raises:
            UserError: offline, not allowed, or the hub cannot be reached.
        """
        with tempfile.TemporaryDirectory() as place:
            folder = self._save(Path(place, "model"), repository, license)
            return to_hub(folder, repository, private=private, token=token, message=message)

    def _save(self, folder: Path, repository: str, license: str | None) -> Path:
        with atomic_folder(folder) as new:
            for file in HEAD_FILES:
                _copy(self.folder / file, new / file)
            text = model_card(
                self.folder, asdict(self.card), EXAMPLE.format(repository=repository), license
            )
            (new / "README.md").write_text(text, encoding="utf-8")
        return folder


def read_trained(folder: Path, device: torch.device) -> tuple[HeadExtractor, HeadCard]:
    """A head with the backbone and the text encoder that its card names.

    Raises:
        UserError: the folder holds no head, or a damaged one.
    """
    from funcorr.functions.text import load_text_encoder

    head, card = load_head(folder)
    backbone = load_backbone(card.backbone, device)
    text_encoder = load_text_encoder(card.text_encoder, device)
    settings = {
        **asdict(card.head),
        "text": text_encoder.fingerprint,
        **{
            key: value
            for key, value in asdict(card).items()
            if key not in NOT_IN_FINGERPRINT and value
        },
    }
    weights = folder_fingerprint(folder, settings, ("model.safetensors",))
    fingerprint = f"{backbone.fingerprint}@{backbone.input_size}:{weights}"
    head = head.to(device)
    return HeadExtractor(backbone, text_encoder, head, fingerprint, card.functions), card


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise UserError(f"{source} is gone since the model was loaded; load it again")
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise cannot_write(target, error) from None
