"""`python -m eleva_cli`, and the console script."""

from __future__ import annotations

import sys

from eleva_cli.cli import run


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    raise SystemExit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
