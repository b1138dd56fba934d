"""Affordance heatmaps: where on an object an action takes place."""
