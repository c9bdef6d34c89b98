"""Graph components of the pipeline in config.yml, and the pure functions they are made of."""
