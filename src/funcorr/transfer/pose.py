"""Pose transfer: the similarity that carries what was done with object 1 to object 2."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.transfer.confidence import Evidence, pose_confidence
from funcorr.transfer.free_axis import FreeAxis, settled
from funcorr.transfer.matched import FEWEST, MatchedPoints, lift_matches
from funcorr.transfer.poses import as_points, as_poses
from funcorr.transfer.ransac import FitConfig, Found, search
from funcorr.transfer.refine import refined
from funcorr.transfer.rgbd import RGBDView
from funcorr.transfer.similarity import residuals

INLIER = 0.5
"""Distance, in spreads of the part of object 2, within which a match agrees with the pose."""


@dataclass(frozen=True, eq=False, repr=False)
class PoseTransfer:
    """The similarity from the frame of camera 1 to that of camera 2, function on function.

    Frames are OpenCV's (x right, y down, z forward), in metres.

    Attributes:
        matrix: 4 x 4: ``scale * rotation`` and ``translation``.
        inliers: N, which rows of the correspondence agree with it, or with a free turn of it.
        residual: metres in camera 2: median distance of the inliers from their matches.
        evidence: how well the matches agree, from which its confidence follows.
        free_axis: the line in camera 2 about which any turn does the same job, because one of the
            objects looks the same after it, or None. The pose is the one of those turns after which
            the two cameras, carried along with their objects, look in the closest directions.
        pivot: 3, the middle of the inliers in camera 1; ``rigid`` keeps where it goes.
        source: the correspondence.
        views: the two views.
    """

    matrix: Float[np.ndarray, "4 4"]
    inliers: Bool[np.ndarray, " n"]
    residual: float
    evidence: Evidence
    free_axis: FreeAxis | None
    pivot: Float[np.ndarray, "3"]
    source: Correspondence
    views: tuple[RGBDView, RGBDView]

    def __repr__(self) -> str:
        return (
            f"PoseTransfer({self.source.function}, {self.inliers.sum():,} inliers, residual "
            f"{self.residual * 1000:.1f} mm, scale {self.scale:.2f}, confidence "
            f"{self.confidence:.2f})"
        )

    @property
    def confidence(self) -> float:
        """Probability that it is right within 10 degrees and 10 percent of the object."""
        return pose_confidence(self.evidence)

    @cached_property
    def correspondence(self) -> Correspondence:
        """The dense matches, those between the parts moved to where the pose takes them."""
        return refined(self.source, self.matrix, self.views)

    @property
    def scale(self) -> float:
        """How much larger the part of object 2 is."""
        return float(np.cbrt(np.linalg.det(self.matrix[:3, :3])))

    @property
    def rotation(self) -> Float[np.ndarray, "3 3"]:
        """From the axes of camera 1 to those of camera 2."""
        return self.matrix[:3, :3] / self.scale

    @property
    def translation(self) -> Float[np.ndarray, "3"]:
        """Metres in camera 2."""
        return self.matrix[:3, 3]

    @property
    def rigid(self) -> Float[np.ndarray, "4 4"]:
        """The motion without the scale: it takes the middle of the part to the same place."""
        motion = np.eye(4)
        motion[:3, :3] = self.rotation
        motion[:3, 3] = self.apply_points(self.pivot) - self.rotation @ self.pivot
        return motion

    def apply(self, poses: Any) -> Float[np.ndarray, "*n 4 4"]:
        """Carry poses over: grasps, way points, a trajectory.

        Positions go by the similarity, so that a grasp keeps its place on a larger part;
        orientations by its rotation, so that the result is rigid again.

        Args:
            poses: 4 x 4 or N x 4 x 4 rigid, in the frame of camera 1.

        Raises:
            UserError: these are no poses.
        """
        given = as_poses(poses)
        carried = given.copy()
        carried[..., :3, :3] = self.rotation @ given[..., :3, :3]
        carried[..., :3, 3] = self.apply_points(given[..., :3, 3])
        return carried

    def apply_points(self, xyz: Any) -> Float[np.ndarray, "*n 3"]:
        """Carry points over.

        Args:
            xyz: 3 or N x 3 metres, in the frame of camera 1.

        Raises:
            UserError: these are no points.
        """
        return as_points(xyz) @ self.matrix[:3, :3].T + self.translation


def transfer_pose(
    result: Correspondence,
    view1: RGBDView,
    view2: RGBDView,
    config: FitConfig = FitConfig(),  # noqa: B008 (frozen)
) -> PoseTransfer:
    """Fit the similarity that brings the functional part of object 1 onto that of object 2.

    The matches between parts are lifted by the depths; of the similarities through triples of them,
    and of those that lay one object along the other, the one is taken that most matches support,
    in place and normal and by their confidence, and refined by reweighted least squares.

    Args:
        result: a match.
        view1: depth and camera of image 1.
        view2: the same of image 2.
        config: how the similarity is searched for.

    Raises:
        UserError: a depth is not of its image's size, too few matches have depth or agree on one
            pose, or a part is seen as a line only.
    """
    matched = lift_matches(result, view1, view2)
    matches, into1, into2 = matched.normalised(config.rest_share)
    found = search(matches, config, matched.directions)
    matrix, free_axis = settled(
        np.linalg.inv(into2) @ found.similarity.matrices[0] @ into1, *matched.round_parts
    )
    squares = residuals(found.similarity, matches)[0][0]
    agreeing = matched.between & (squares < INLIER**2)
    if agreeing.sum() < FEWEST:
        raise UserError(
            f"only {agreeing.sum()} of {matched.between.sum()} matches agree on one pose, expected "
            f"at least {FEWEST}; try views that show the part from similar sides, or give part1 "
            "and part2"
        )
    inliers = np.zeros(len(result), bool)
    inliers[matched.rows[agreeing]] = True
    return PoseTransfer(
        matrix=matrix,
        inliers=inliers,
        residual=float(np.sqrt(np.median(squares[agreeing])) / into2[0, 0]),
        evidence=_evidence(matched, found, agreeing),
        free_axis=free_axis,
        pivot=matched.lifted1.points[agreeing].mean(axis=0),
        source=result,
        views=(view1, view2),
    )


def _evidence(matched: MatchedPoints, found: Found, agreeing: Bool[np.ndarray, " n"]) -> Evidence:
    return Evidence(
        share=float(agreeing.sum() / matched.between.sum()),
        agreement=found.agreement,
        rival=found.rival,
        matching=float(matched.confidence[matched.between].mean()),
        pointing=float(sum(d.votes(found.similarity.rotation)[0] for d in matched.directions)),
        axes=float(sum(part is not None for part in matched.round_parts)),
    )
