"""Break the sandbox on purpose, one way at a time, and see that its tests notice.

    python -m tests.mutations            all of them
    python -m tests.mutations NAME …     some

Each mutation is made in a copy of the tree, and the sandbox's tests run there. Ends
in 1 when one goes unnoticed or no longer applies.
"""

from __future__ import annotations

import sys

from tests.mutations.runner import check
from tests.mutations.table import MUTATIONS


def main(names: list[str]) -> int:
    """Run the named mutations, or all; say which test noticed which."""
    known = {each.name for each in MUTATIONS}
    if unknown := set(names) - known:
        sys.stderr.write(f"no such mutation: {', '.join(sorted(unknown))}\n")
        return 2
    unnoticed = 0
    for mutation in MUTATIONS:
        if names and mutation.name not in names:
            continue
        noticed = check(mutation)
        unnoticed += not noticed.by
        by = ", ".join(noticed.by) or "NOBODY"
        sys.stdout.write(f"{mutation.name}: {by} ({noticed.seconds:.0f} s)\n")
        sys.stdout.flush()
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
