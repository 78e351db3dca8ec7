"""Where materials come from, followed through processes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.plans import Json, plan_of

CHAIN: Json = {
    "version": 1,
    "horizon": {"start": 2026, "end": 2028, "step": "year"},
    "materials": {"oxide": {}, "metal": {}, "magnet": {}, "scrap": {"disposal_cost": 0}},
    "suppliers": {
        "mine": {"material": "oxide", "country": "MY", "origin": "AU", "capacity": 60, "price": 10},
        "other": {"material": "oxide", "country": "US", "capacity": 1000, "price": 20},
        "china": {"material": "metal", "country": "CN", "capacity": 20, "price": 5},
    },
    "processes": {"melt": {"inputs": {"oxide": 1}, "outputs": {"metal": 0.5}}, "press": {"inputs": {"metal": 1}, "outputs": {"magnet": 1, "scrap": 0.25}}},
    "demands": {"use": {"material": "magnet", "quantity": 100}},
}


def shares(scenario: Json, material: str, year: str = "2026") -> dict[str, float]:
    found: dict[str, float] = plan_of(scenario).record["figures"]["origin_share"][material][year]
    return found


def test_origins_are_followed_through_two_stages() -> None:
    """100 of metal: 20 Chinese, and 80 of 160 oxide of which 60 are Australian: 30 Australian, 50 American."""
    assert shares(CHAIN, "oxide") == pytest.approx({"AU": 60 / 160, "US": 100 / 160})
    assert shares(CHAIN, "metal") == pytest.approx({"CN": 0.2, "AU": 0.3, "US": 0.5})
    assert shares(CHAIN, "magnet") == pytest.approx({"CN": 0.2, "AU": 0.3, "US": 0.5})


def test_scrap_that_goes_round_settles() -> None:
    """All scrap of a year is pressed again as metal: what goes round has the origins of what comes in, so shares stay as they were."""
    again = {**CHAIN, "processes": {**CHAIN["processes"], "remelt": {"inputs": {"scrap": 1}, "outputs": {"metal": 1}}}}
    assert shares(again, "magnet") == pytest.approx(shares(again, "metal"))
    # 100 of metal, 25 of it scrap; so 55 must come from 110 of oxide, 60 of them Australian
    assert shares(again, "metal") == pytest.approx({"CN": 20 / 75, "AU": 30 / 75, "US": 25 / 75})


def test_what_is_made_of_nothing_has_no_origin() -> None:
    made: Any = {"version": 1, "horizon": CHAIN["horizon"], "materials": {"heat": {}}, "processes": {"sun": {"outputs": {"heat": 1}}}}
    plan = plan_of({**made, "demands": {"use": {"material": "heat", "quantity": 5}}})
    assert plan.record["figures"]["origin_share"] == {}
    assert plan.record["figures"]["mix"]["heat"]["sun"] == {"2026": 5, "2027": 5}
