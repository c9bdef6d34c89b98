"""A trained model as a Rasa agent that keeps nothing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import rasa.core.processor
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from brain.dialogue.tracker_store import StatelessTrackerStore
from brain.runner import PlainGraphRunner

# As in endpoints.yml, for `brain serve` without an environment of the server's.
DEFAULT_ACTIONS_URL = "http://127.0.0.1:8080/actions/webhook"


class NoModel(ValueError):
    """There is no model at this place; the command line says so and ends."""


def load_agent(model: Path) -> Agent:
    """The agent of the model file, or of the newest one in a folder. Raises `NoModel`."""
    if not model.exists():
        raise NoModel(f"there is no model at {model}")
    address = os.environ.get("OMOTENASHI_ACTIONS_URL", DEFAULT_ACTIONS_URL)
    agent = Agent(
        tracker_store=StatelessTrackerStore(Domain.empty()),
        action_endpoint=EndpointConfig(address),
    )
    # Rasa names its runner in the module and offers no other way to choose.
    rasa.core.processor.DaskGraphRunner = PlainGraphRunner
    agent.load_model(model)
    _warm_up(agent)
    return agent


def _warm_up(agent: Agent) -> None:
    """The first message in each language reads dictionaries: no customer should wait for that."""
    for text in ("Where is my order?", "注文はどこですか"):
        asyncio.run(agent.processor.parse_message(UserMessage(text)))
