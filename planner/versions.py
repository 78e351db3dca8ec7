"""Versions of what made a plan or found something."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def versions() -> Mapping[str, str]:
    """By name, Python among them."""
    found = {"python": platform.python_version()}
    for name in ("stopgap", "highspy", "pyomo", "pandas", "numpy", "pydantic", "pyarrow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
