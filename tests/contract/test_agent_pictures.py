"""An agent's picture: who may set it, what is kept of the file, and who sees it."""

import io

from PIL import Image

from tests import uploads
from tests.contract.test_handover import assigned
from tests.harness import Server, Visitor

DESK = "/api/v1/desk/picture"


async def test_the_customer_sees_who_answers(server: Server, visitor: Visitor) -> None:
    agent = await assigned(server, visitor)
    await agent.reply(visitor.conversation_id, "Hello")
    assert (await visitor.read())[-1]["agent"] == {"name": "Aya"}
    made = await uploads.send(agent.client, DESK, uploads.photo_with_place())
    assert made.status_code == 201, made.text
    picture = made.json()["picture"]
    # What was said before is hers, too.
    assert (await visitor.read())[-1]["agent"] == {"name": "Aya", "picture": picture}
    async with visitor.events() as events:
        assert (await events.until("state"))["agent"] == {"name": "Aya", "picture": picture}
    for client, address in (
        (visitor.client, f"/api/v1/visitor/agents/{picture}"),
        (agent.client, f"/api/v1/desk/pictures/{picture}"),
    ):
        seen = await client.get(address)
        assert seen.headers["content-type"] == "image/webp"
        assert b"living room" not in seen.content
        with Image.open(io.BytesIO(seen.content)) as image:
            assert (image.format, image.size) == ("WEBP", (160, 160))


async def test_a_new_picture_takes_the_place_of_the_old_one(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    first, second = [
        (await uploads.send(agent.client, DESK, uploads.picture(kind))).json()["picture"]
        for kind in ("PNG", "JPEG")
    ]
    visitors = "/api/v1/visitor/agents"
    assert (await visitor.client.get(f"{visitors}/{first}")).status_code == 404
    assert (await visitor.client.get(f"{visitors}/{second}")).status_code == 200
    assert (await agent.client.delete(DESK)).status_code == 204
    assert (await visitor.client.get(f"{visitors}/{second}")).status_code == 404
    page = await agent.client.get("/desk/account")
    assert second not in page.text


async def test_what_is_no_picture_changes_nothing(server: Server, visitor: Visitor) -> None:
    agent = await server.agent()
    kept = (await uploads.send(agent.client, DESK, uploads.picture())).json()["picture"]
    for content in (uploads.PDF, uploads.SVG, uploads.HTML, uploads.bomb(), b""):
        refused = await uploads.send(agent.client, DESK, content)
        assert refused.status_code == 422, refused.text
        assert refused.json()["error"]["field"] == "file"
    assert (await visitor.client.get(f"/api/v1/visitor/agents/{kept}")).status_code == 200


async def test_only_agents_and_only_visitors(server: Server, visitor: Visitor) -> None:
    agent = await server.agent()
    kept = (await uploads.send(agent.client, DESK, uploads.picture())).json()["picture"]
    stranger = server.visitor()
    assert (await stranger.client.get(f"/api/v1/visitor/agents/{kept}")).status_code == 401
    assert (await visitor.client.get(f"/api/v1/desk/pictures/{kept}")).status_code == 401
    assert (await uploads.send(visitor.client, DESK, uploads.picture())).status_code == 401
