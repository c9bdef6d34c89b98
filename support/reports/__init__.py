"""How it goes: figures over time, and what customers say."""
