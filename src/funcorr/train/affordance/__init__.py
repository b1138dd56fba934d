"""Training of the affordance head from a handful of annotated images."""
