"""Choosing objects from a large captioned collection with a language model, and their parts.

``stages`` runs what the other modules do: ``names`` (captions to short names), ``match`` (names to
categories), ``verify`` (yes or no), ``review`` (contact sheets for a person), ``choose`` (cap and
split) and ``parts`` (which part does a function). Every stage reads the table of the one before
and writes its own, so that a person may edit any of them and run any of them again.
"""
