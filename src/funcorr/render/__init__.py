"""Exact geometry buffers, soft shading and the multi-view dataset on disk."""
