"""Sentence encoders that the brain and the server both use: numpy, nothing else of ours."""
