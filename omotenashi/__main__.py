"""`python -m omotenashi`."""

from omotenashi.commands import main

main()
