"""What ``scripts/fuzz.py`` feeds to the readers."""

from fuzzing import kinds_beside
from fuzzing.kinds import KINDS

__all__ = ["KINDS", "kinds_beside"]
