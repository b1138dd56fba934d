"""The 3D alignment annotator: a person brings pairs of objects together in the browser.

``placement`` and ``edits`` are the geometry, ``queue`` and ``session`` the bookkeeping, ``preview``
the ground truth in two views; ``stage``, ``panel`` and ``page`` put them on a viser server, which
``serve`` starts.
"""
