"""Set-up: `python3 -m scripts.set_up`, called by make. Needs Python's standard library only."""
