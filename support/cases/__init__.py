"""Complaints, returns and requests that have a number, and the work on them."""
