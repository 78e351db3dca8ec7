"""Chemical formulas: their atoms, and how much of one formula it takes to hold what another one holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from planner.errors import UnitError, did_you_mean

# Standard atomic weights (IUPAC 2021, abridged), relative to carbon-12 = 12.
ATOMIC_MASS = {
    "H": 1.008, "Li": 6.94, "Be": 9.0121831, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998403162, "Na": 22.98976928,
    "Mg": 24.305, "Al": 26.9815384, "Si": 28.085, "P": 30.973761998, "S": 32.06, "Cl": 35.45, "K": 39.0983, "Ca": 40.078,
    "Sc": 44.955907, "Ti": 47.867, "V": 50.9415, "Cr": 51.9961, "Mn": 54.938043, "Fe": 55.845, "Co": 58.933194, "Ni": 58.6934,
    "Cu": 63.546, "Zn": 65.38, "Ga": 69.723, "Ge": 72.630, "As": 74.921595, "Se": 78.971, "Br": 79.904, "Rb": 85.4678, "Sr": 87.62,
    "Y": 88.905838, "Zr": 91.224, "Nb": 92.90637, "Mo": 95.95, "Ru": 101.07, "Rh": 102.90549, "Pd": 106.42, "Ag": 107.8682,
    "Cd": 112.414, "In": 114.818, "Sn": 118.710, "Sb": 121.760, "Te": 127.60, "I": 126.90447, "Cs": 132.90545196, "Ba": 137.327,
    "La": 138.90547, "Ce": 140.116, "Pr": 140.90766, "Nd": 144.242, "Sm": 150.36, "Eu": 151.964, "Gd": 157.25, "Tb": 158.925354,
    "Dy": 162.500, "Ho": 164.930329, "Er": 167.259, "Tm": 168.934219, "Yb": 173.045, "Lu": 174.9668, "Hf": 178.486, "Ta": 180.94788,
    "W": 183.84, "Re": 186.207, "Os": 190.23, "Ir": 192.217, "Pt": 195.084, "Au": 196.966570, "Hg": 200.592, "Tl": 204.38,
    "Pb": 207.2, "Bi": 208.98040, "Th": 232.0377, "U": 238.02891,
}  # fmt: skip
_ANIONS = frozenset({"O", "H", "C", "N", "F", "S", "Cl"})
_FORMULA_TOKEN = re.compile(r"([A-Z][a-z]?)(\d+(?:\.\d+)?)?|(\()|(\))(\d+(?:\.\d+)?)?")


def held(formula: str, basis: str) -> float:
    """Tonnes of ``basis`` that hold what one tonne of ``formula`` holds, by the elements they have in common.

    Raises:
        UnitError: for formulas that cannot be read, or have nothing but oxygen and the like in common.
    """
    own, wanted = composition(basis), composition(formula)
    common = set(own) & set(wanted)
    if common - _ANIONS or (set(own) | set(wanted)) - _ANIONS:
        # oxygen alone is nothing in common, unless there is nothing else in either
        common = common - _ANIONS
    if not common:
        raise UnitError(f"{formula}, which has no element in common with {basis}", "name an element of the material's basis")
    return _content(wanted, common) / _content(own, common)


def _content(parts: Mapping[str, float], elements: set[str]) -> float:
    """Mass share of the elements in a formula."""
    masses = {element: ATOMIC_MASS[element] * count for element, count in parts.items()}
    return sum(mass for element, mass in masses.items() if element in elements) / sum(masses.values())


@lru_cache(maxsize=256)
def composition(formula: str) -> dict[str, float]:
    """Atoms in a formula such as ``Dy2O3`` or ``(NH4)10H2W12O42``.

    Raises:
        UnitError: for unknown elements or unbalanced brackets.
    """
    stack: list[dict[str, float]] = [{}]
    position = 0
    while position < len(formula):
        match = _FORMULA_TOKEN.match(formula, position)
        if match is None or (match[4] and len(stack) == 1):
            raise UnitError(f"'{formula}' is not a chemical formula", "write for instance Dy2O3, Dy or WO3")
        position = match.end()
        if match[3]:
            stack.append({})
        elif match[4]:
            for element, count in stack.pop().items():
                stack[-1][element] = stack[-1].get(element, 0) + count * float(match[5] or 1)
        elif match[1] in ATOMIC_MASS:
            stack[-1][match[1]] = stack[-1].get(match[1], 0) + float(match[2] or 1)
        else:
            raise UnitError(f"'{formula}' names no element '{match[1]}'", did_you_mean(match[1], ATOMIC_MASS))
    if len(stack) != 1 or not stack[0] or min(stack[0].values()) <= 0:
        raise UnitError(f"'{formula}' is not a chemical formula", "write for instance Dy2O3, Dy or WO3")
    return stack[0]
