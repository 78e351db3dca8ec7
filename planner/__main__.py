"""Where the command ``plan`` starts, before anything else is imported: an interruption must be quiet from the first moment."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command ``plan`` and leave with its exit code."""
    try:
        from planner.cli import main as run

        code = run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; there is no plan\n")
        # what is half imported could complain on a regular way out
        os._exit(130)
    sys.exit(code)


if __name__ == "__main__":
    main()
