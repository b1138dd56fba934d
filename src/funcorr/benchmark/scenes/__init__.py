"""Photographs of known objects as a multi-view dataset: ground truth on real scenes.

:mod:`~funcorr.benchmark.scenes.bop` and :mod:`~funcorr.benchmark.scenes.handal` read what is known
of each photograph, :mod:`~funcorr.benchmark.scenes.convert` writes the dataset.
"""
