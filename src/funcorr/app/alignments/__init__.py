"""The 3D alignment annotator: a person brings pairs of objects together in the browser.

``placement`` and ``edits`` are the geometry, ``queue`` and ``session`` the bookkeeping, ``preview``
the ground truth in two views. The ``editor`` is what a person can do; ``scene_view``, ``panel`` and
``page`` put it on a viser server, which ``serve`` starts.
"""
