"""From pixels to action: a correspondence and depth give the motion that carries poses over."""
