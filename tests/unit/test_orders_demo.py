"""The demonstration's orders, customers and page."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import yaml
from sanic import Sanic
from sqlalchemy import Connection, Engine, create_engine, select, text

from demo.blueprint import blueprint, page_language, render
from demo.catalogue import catalogue
from demo.customers import Customer
from demo.orders import demo_customers, demo_orders
from demo.seeding import OrderSample, list_orders, samples, seed
from demo.tables import customers, orders
from support.orders import (
    DEMO_SOURCE,
    Order,
    OrdersConfig,
    OrderState,
    ReturnReason,
    last_return_date,
    make_repository,
    return_decision,
)

TODAY = date(2025, 11, 21)
PAGE = Path(__file__).parents[2] / "demo" / "page"


class TestOrders:
    def test_the_same_day_makes_the_same_orders(self) -> None:
        assert demo_orders(TODAY) == demo_orders(TODAY)

    def test_another_day_moves_nothing_but_dates(self) -> None:
        def timeless(order: Order) -> Order:
            return replace(
                order,
                placed_at=datetime(2000, 1, 1, tzinfo=UTC),
                paid_at=None,
                shipped_at=None,
                expected_on=None,
                delivered_at=None,
                cancelled_at=None,
            )

        for later in (1, 2, 3, 40):
            other = demo_orders(TODAY + timedelta(days=later))
            assert [timeless(one) for one in other] == [timeless(one) for one in demo_orders(TODAY)]

    def test_three_hundred_over_all_states_and_both_languages(self) -> None:
        made = demo_orders(TODAY)
        assert [one.number for one in made] == [f"HN-{10001 + index}" for index in range(300)]
        assert Counter(one.lang for one in made) == {"ja": 180, "en": 120}
        assert min(Counter(one.state for one in made).values()) >= 15
        assert set(one.state for one in made) == set(OrderState)
        assert len({one.country for one in made}) >= 8
        assert {item.sku for one in made for item in one.items} == {one.sku for one in catalogue()}

    @pytest.mark.parametrize("later", range(8))
    def test_their_dates_make_sense_on_every_weekday(self, later: int) -> None:
        today = TODAY + timedelta(days=later)
        zone = ZoneInfo("Asia/Tokyo")
        start = datetime.combine(today, time(), zone)
        for one in demo_orders(today):
            steps = [one.placed_at, one.shipped_at, one.delivered_at or one.cancelled_at]
            passed = [step for step in steps if step is not None]
            assert passed == sorted(passed), one.number
            assert all(step < start for step in passed), one.number
            assert (one.shipped_at is not None) == (one.tracking_url is not None)
            if one.shipped_at is not None:
                assert one.shipped_at.astimezone(zone).weekday() != 6, one.number
            if one.state is OrderState.DELIVERED:
                assert one.delivered_at is not None
                age = (today - one.delivered_at.astimezone(zone).date()).days
                assert 3 <= age <= 60
            if one.state in (OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY):
                assert one.expected_on is not None

    def test_some_are_late_and_some_cannot_be_returned(self) -> None:
        made = demo_orders(TODAY)
        late = [one for one in made if one.is_late(TODAY)]
        assert {one.state for one in late} == {"preparing", "shipped", "out_for_delivery"}
        assert len(late) >= 15
        decisions = [return_decision(one, TODAY) for one in made if one.state == "delivered"]
        reasons = Counter(one.reason for one in decisions)
        assert reasons[None] > 30
        assert reasons[ReturnReason.TOO_LATE] > 30
        assert reasons[ReturnReason.NOT_RETURNABLE] >= 2
        # The last day, the day before and the day after are all there.
        left = {(day - TODAY).days for one in made if (day := last_return_date(one)) is not None}
        assert {-1, 0, 1} <= left

    def test_nobody_real_is_addressed_and_no_real_parcel_named(self) -> None:
        for one in demo_orders(TODAY):
            assert re.fullmatch(r"[a-z.]+\d+@example\.(com|org|jp)", one.email)
            assert one.postcode
            if one.carrier == "yamato" and one.tracking_number:
                digits = one.tracking_number.replace("-", "")
                assert int(digits[:11]) % 7 != int(digits[11])

    def test_forty_customers_with_several_orders_each(self) -> None:
        people: dict[str | None, Customer] = {one.id: one for one in demo_customers()}
        assert len(people) == 40
        assert {one.tier for one in people.values()} == {"leaf", "bloom", "grove"}
        made = demo_orders(TODAY)
        counts = Counter(one.customer_id for one in made if one.customer_id)
        assert set(counts) == set(people)
        assert min(counts.values()) >= 4
        for one in made:
            if one.customer_id:
                assert one.email == people[one.customer_id].email
        assert len({one.email for one in made}) == 40 + sum(not one.customer_id for one in made)


@pytest.fixture
def engine() -> Any:
    made = create_engine("sqlite://")
    yield made
    made.dispose()


class TestSeeding:
    def test_seeded_orders_are_read_back_as_they_were_made(self, engine: Engine) -> None:
        with engine.begin() as connection:
            assert seed(connection, TODAY)
        repository = make_repository(OrdersConfig(), engine)
        for order in demo_orders(TODAY):
            assert repository.by_number(order.number) == order
        mine = [one for one in demo_orders(TODAY) if one.customer_id == "K1001"]
        assert sorted(one.number for one in repository.of_customer("K1001")) == sorted(
            one.number for one in mine
        )

    def test_the_table_is_the_one_that_support_expects(self) -> None:
        assert orders.name == DEMO_SOURCE.table
        assert set(DEMO_SOURCE.columns.values()) | {"items"} < set(orders.c.keys())

    def test_it_is_renewed_once_a_day(self, engine: Engine) -> None:
        with engine.begin() as connection:
            assert seed(connection, TODAY)
            assert not seed(connection, TODAY)
            before = _emails(connection)
            assert seed(connection, TODAY + timedelta(days=1))
            assert _emails(connection) == before
            assert len(connection.execute(select(customers)).all()) == 40

    def test_tables_of_another_version_are_made_anew(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("create table demo_orders (number text, colour text)"))
            connection.execute(text("insert into demo_orders values ('HN-1', 'red')"))
            assert seed(connection, TODAY)
            assert len(_emails(connection)) == 300

    def test_orders_are_listed_with_the_states_taking_turns(self, engine: Engine) -> None:
        with engine.begin() as connection:
            seed(connection, TODAY)
            listed = list_orders(connection, 7)
            assert {one["state"] for one in listed} == set(OrderState)
            assert list(listed[0]) == ["number", "email", "postcode", "state", "lang"]
            assert len(list_orders(connection)) == 300

    def test_samples_are_four_that_differ(self, engine: Engine) -> None:
        with engine.begin() as connection:
            seed(connection, TODAY)
            chosen = samples(connection, TODAY)
            assert [(one.state, one.late) for one in chosen] == [
                ("shipped", False),
                ("shipped", True),
                ("delivered", False),
                ("preparing", False),
            ]
            returnable = make_repository(OrdersConfig(), engine)
        order = returnable.by_number(chosen[2].number)
        assert order is not None
        assert return_decision(order, TODAY).eligible

    def test_no_samples_while_there_are_no_orders(self, engine: Engine) -> None:
        with engine.begin() as connection:
            orders.metadata.create_all(connection)
            assert samples(connection, TODAY) == ()


def _emails(connection: Connection) -> dict[str, str]:
    return {row.number: row.email for row in connection.execute(select(orders))}


SAMPLES = (
    OrderSample("HN-10299", "aya@example.jp", "460-9816", "shipped", False, "ja"),
    OrderSample("HN-10204", "<b>@example.jp", "460-9816", "shipped", True, "ja"),
)


class TestPage:
    @pytest.mark.parametrize("lang", ["en", "ja"])
    def test_it_shows_everything_and_embeds_the_assistant_with_one_line(self, lang: str) -> None:
        page = render(lang, SAMPLES)
        name = "花森" if lang == "ja" else "Hanamori"
        tag = f'<script src="/widget.js" data-lang="{lang}" data-name="{name}" async></script>'
        assert tag in page
        assert page.count("<script") == 1
        for product in catalogue():
            assert product.text("name", lang) in page
        for sample in SAMPLES:
            assert sample.number in page
        assert "aya@example.jp" in page
        assert "&lt;b&gt;@example.jp" in page
        assert page.count('class="drawing') == len(catalogue())

    @pytest.mark.parametrize("lang", ["en", "ja"])
    def test_a_strict_policy_holds(self, lang: str) -> None:
        page = render(lang, SAMPLES)
        assert "<style" not in page
        assert not re.search(r"\s(style|on\w+)=", page)
        for address in re.findall(r'(?:src|href)="([^"]+)"', page):
            assert re.match(r"/|#|mailto:|tel:", address), address
        sheet = (PAGE / "static" / "shop.css").read_text(encoding="utf-8")
        assert "url(" not in sheet
        assert "@import" not in sheet

    def test_both_languages_have_the_same_texts(self) -> None:
        texts = yaml.safe_load((PAGE / "texts.yml").read_text(encoding="utf-8"))
        assert texts["en"].keys() == texts["ja"].keys()
        assert len(texts["en"]["questions"]) == len(texts["ja"]["questions"])

    @pytest.mark.parametrize(
        ("asked", "accepted", "lang"),
        [
            ("ja", "en", "ja"),
            ("en", "ja", "en"),
            (None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
            (None, "de,en;q=0.7,ja;q=0.3", "en"),
            (None, "fr;q=1,ja;q=0.2", "ja"),
            ("xx", "ja", "ja"),
            (None, None, "en"),
            (None, "ja;q=0", "en"),
            (None, ";;;q=x,,ja;q=nan", "en"),
        ],
    )
    def test_its_language(self, asked: str | None, accepted: str | None, lang: str) -> None:
        assert page_language(asked, accepted) == lang

    async def test_it_is_served_and_stays_open_without_orders(self) -> None:
        there: list[Sequence[OrderSample]] = [SAMPLES]

        async def list_samples() -> Sequence[OrderSample]:
            return there.pop()

        app = Sanic("shop-page-test", configure_logging=False)
        app.blueprint(blueprint(list_samples))
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        # Any: Sanic leaves this class without annotations.
        server: Any = await app.create_server(
            sock=listening, return_asyncio_server=True, access_log=False
        )
        await server.startup()
        await server.before_start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            first = await client.get("/?lang=ja")
            assert first.status_code == 200
            assert first.headers["content-language"] == "ja"
            assert "unsafe" not in first.headers["content-security-policy"]
            assert "HN-10299" in first.text
            # Now the list fails.
            second = await client.get("/", headers={"Accept-Language": "en"})
            assert second.status_code == 200
            assert "sample orders are being prepared" in second.text
            sheet = await client.get("/shop/shop.css")
            assert sheet.headers["content-type"].startswith("text/css")
        server.close()
        await server.wait_closed()
        await server.before_stop()
