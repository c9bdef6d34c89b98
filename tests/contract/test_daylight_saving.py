"""Over a change of the clocks, what was said in local time happens at that local time: opening
hours, a call that was promised, a conversation that was put aside."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from omotenashi.parts import PLAYBOOK
from support.clock import utc_now
from support.playbook.playbook import DAYS, OpeningHours, Playbook, load_playbook
from tests.contract.test_callbacks import book, slots, texts
from tests.contract.test_handover import queued
from tests.harness import ScriptedBrain, Server, TestClock, settings_for

# The shop's zone; Saturday noon there, and nine o'clock on the Sunday after a night that is an hour
# shorter or longer, both written in UTC.
CHANGES = {
    "Berlin, forward": ("Europe/Berlin", "2027-03-27T11:00Z", "2027-03-28T07:00Z"),
    "Berlin, back": ("Europe/Berlin", "2026-10-24T10:00Z", "2026-10-25T08:00Z"),
    "New York, forward": ("America/New_York", "2027-03-13T17:00Z", "2027-03-14T13:00Z"),
    "New York, back": ("America/New_York", "2026-10-31T16:00Z", "2026-11-01T14:00Z"),
}


def open_every_day(zone: str) -> Playbook:
    hours = OpeningHours.model_validate(
        {"timezone": zone, "week": {day: ["09:00", "18:00"] for day in DAYS},
         "promise_working_hours": 9}
    )  # fmt: skip
    return load_playbook(PLAYBOOK).model_copy(update={"opening": hours})


class Shop:
    """A server in a zone, and its clock, which is put to a moment."""

    def __init__(self, server: Server, clock: TestClock, zone: str, noon: str, nine: str) -> None:
        self.server = server
        self.clock = clock
        self.zone = zone
        self.noon, self.nine = datetime.fromisoformat(noon), datetime.fromisoformat(nine)

    async def at(self, moment: datetime, minutes: int = 0) -> None:
        self.clock.offset = moment + timedelta(minutes=minutes) - utc_now()
        await self.server.tick()

    async def is_open(self) -> bool:
        lead = await self.server.agent(f"Lead{utc_now().timestamp()}", "lead")
        found = await lead.client.get("/api/v1/desk/reports/overview")
        return bool(found.json()["now"]["open"])


@pytest.fixture(params=list(CHANGES.values()), ids=list(CHANGES))
async def shop(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database_url: str,
    clock: TestClock,
    articles_cache: Path,
) -> AsyncIterator[Shop]:
    zone, noon, nine = request.param
    (tmp_path / "cache").symlink_to(articles_cache)
    clock.offset = datetime.fromisoformat(noon) - utc_now()
    settings = settings_for(tmp_path, database_url)
    server = Server(settings, ScriptedBrain(), clock, playbook=open_every_day(zone))
    await server.start()
    yield Shop(server, clock, zone, noon, nine)
    await server.stop()


async def test_the_door_opens_and_closes_by_the_clock_on_the_wall(shop: Shop) -> None:
    for hours, minutes, is_open in ((0, -1, False), (0, 0, True), (9, -1, True), (9, 0, False)):
        await shop.at(shop.nine + timedelta(hours=hours), minutes)
        assert (hours, minutes, await shop.is_open()) == (hours, minutes, is_open)


async def test_who_was_promised_a_call_is_reminded_in_time(shop: Shop) -> None:
    await shop.server.agent()
    visitor = await shop.server.visitor().arrive(lang="en")
    await queued(shop.server, visitor)
    offered = [one["at"] for one in (await slots(visitor, shop.zone))["slots"]]
    [first] = [at for at in offered if datetime.fromisoformat(at) == shop.nine]
    assert first[11:16] == "09:00"
    await book(visitor, first, tz=shop.zone)
    assert "09:00" in await texts(visitor)
    early = open_every_day(shop.zone).contact.callbacks.remind_minutes
    await shop.at(shop.nine, -early - 1)
    assert "A reminder" not in await texts(visitor)
    await shop.at(shop.nine, -early + 1)
    await visitor.wait_for(lambda said: any("A reminder" in one["text"] for one in said))


async def test_put_aside_until_nine_comes_back_at_nine(shop: Shop) -> None:
    agent = await shop.server.agent()
    visitor = await shop.server.visitor().arrive(lang="en")
    await queued(shop.server, visitor)
    await agent.do(visitor.conversation_id, "claim")
    # As the desk's page says it: the local time with its offset of that day.
    until = shop.nine.astimezone(open_every_day(shop.zone).hours.zone)
    assert until.hour == 9
    answer = await agent.do(visitor.conversation_id, "snooze", until=until.isoformat())
    assert answer.status_code == 200, answer.text

    async def aside() -> bool:
        lead = await shop.server.agent(f"Lead{utc_now().timestamp()}", "lead")
        found = await lead.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")
        return found.json()["snoozed_until"] is not None

    await shop.at(shop.nine, -1)
    assert await aside()
    await shop.at(shop.nine, 1)
    assert not await aside()
