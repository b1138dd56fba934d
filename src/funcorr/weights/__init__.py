"""Pretrained weights: what is known, where it comes from, how it is converted and read."""
