"""An agent's picture, which customers see beside the name: small, square, kept in the database.

It is fetched under an id that changes with the picture, so it may be kept by browsers.
"""

from sqlalchemy import Connection, delete, insert, select, update

from support.hints import DESK
from support.identifiers import new_id
from support.store import Transaction
from support.store.schema import agent_pictures, agents

# A picture never changes under its id.
KEPT = {"Cache-Control": "private, max-age=604800, immutable"}


def put(tx: Transaction, agent_id: int, image: bytes) -> str:
    """Take `image`, made by `support.attachments.images.portrait`, instead of the one before."""
    remove(tx, agent_id)
    made = new_id()
    tx.execute(insert(agent_pictures).values(id=made, agent_id=agent_id, image=image))
    tx.execute(update(agents).where(agents.c.id == agent_id).values(picture=made))
    return made


def remove(tx: Transaction, agent_id: int) -> None:
    tx.execute(delete(agent_pictures).where(agent_pictures.c.agent_id == agent_id))
    tx.execute(update(agents).where(agents.c.id == agent_id).values(picture=None))
    tx.hint(DESK, "agents")


def read(connection: Connection, id: str) -> bytes | None:
    """The picture (WEBP), or None where there is none of this id any more."""
    query = select(agent_pictures.c.image).where(agent_pictures.c.id == id)
    return connection.execute(query).scalar_one_or_none()
