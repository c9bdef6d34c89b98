"""What every HTTP interface here shares: errors, bodies, event streams, limits, addresses."""
