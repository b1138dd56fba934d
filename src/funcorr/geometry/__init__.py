"""Cameras, sampling and visibility: plain numpy, no meshes and no files."""
