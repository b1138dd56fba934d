"""Results for other tools and their annotations for funcorr; none of them must be installed."""
