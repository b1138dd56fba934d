"""Ground truth, metrics per pair, tables and pages: how good a model is, on which pairs."""
