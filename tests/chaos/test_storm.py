"""A storm of two hundred faults; `make chaos` is the large one. See storm.py."""

from pathlib import Path

import pytest

from tests.chaos.storm import plan, run

KINDS = frozenset({"kill server", "pause brain", "cut connections", "fill disk"})


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("big", "seed", "faults"), [(True, 20261127, 150), (False, 20261128, 60)], ids=["big", "small"]
)
async def test_nothing_is_lost_twice_or_out_of_order(
    big: bool, seed: int, faults: int, articles_cache: Path
) -> None:
    report = await run(seed, faults, big=big, cache=articles_cache)
    print(report)
    assert report.breaches == [], str(report)
    assert report.faults.total() == faults
    assert report.counts["messages"] > faults / 2
    assert report.counts["claims"] > 0


def test_a_seed_is_one_plan_of_faults() -> None:
    first = list(plan(7, 300, KINDS))
    assert first == list(plan(7, 300, KINDS))
    assert first != list(plan(8, 300, KINDS))
    assert {fault.kind for fault in first} == KINDS
