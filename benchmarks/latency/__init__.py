"""The same talk with two assistants: `ours`, as processes, and a `stock` Rasa."""
