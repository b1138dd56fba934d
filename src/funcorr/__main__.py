"""``python -m funcorr`` is the ``funcorr`` command."""

from funcorr.cli.main import main

if __name__ == "__main__":
    main()
