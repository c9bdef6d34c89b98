"""Webhook: signed JSON in, signed JSON out, for whatever a shop wants to connect."""
