"""The ``funcorr`` command: a module per subcommand, assembled in :mod:`funcorr.cli.main`."""
