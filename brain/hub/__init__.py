"""The brain's only door: one stateless request a turn, for who knows the secret."""

from brain.hub.channel import HubInput

__all__ = ["HubInput"]
