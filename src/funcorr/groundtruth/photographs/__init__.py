"""Published sets of annotated photographs as benchmark folders, one reader per layout.

A reader says what is known of each photograph (:mod:`~funcorr.groundtruth.photographs.known`);
:mod:`~funcorr.groundtruth.photographs.convert` cuts the photographs to one size and writes them.
"""
