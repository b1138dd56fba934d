"""One reader per mesh format; each gives :class:`~funcorr.assets.readers.pieces.Piece` objects."""
