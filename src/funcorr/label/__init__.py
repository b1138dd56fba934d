"""Pseudo-labels: models that say where the parts of objects are."""
