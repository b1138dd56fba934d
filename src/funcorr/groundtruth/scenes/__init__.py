"""Photographs of known objects as a multi-view dataset: ground truth on real scenes.

:mod:`~funcorr.groundtruth.scenes.bop` and :mod:`~funcorr.groundtruth.scenes.handal` read what is
known of each photograph, :mod:`~funcorr.groundtruth.scenes.convert` writes the dataset.
"""
