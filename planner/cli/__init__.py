"""The command ``plan``: parse, call the library, print. The only package that prints or exits."""

from __future__ import annotations

from planner.cli import solving, showing, analysing, sweeping, weighing, deciding, surviving, starting  # isort: skip - the order of the commands in the help
from planner.cli.outcome import guarded
from planner.cli.shared import Progress, app, listen_to

__all__ = ["Progress", "analysing", "app", "deciding", "guarded", "main", "showing", "solving", "starting", "surviving", "sweeping", "weighing"]


def main(received: list[int] | None = None) -> int:
    """Run the command and map every outcome to its exit code.

    Args:
        received: Where signals that ask to end are noted; whatever fails after one is an interruption.
    """
    listen_to(received)
    return guarded(app)
