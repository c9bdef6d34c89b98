"""The brain: understanding and dialogue on Rasa 3.6, nothing else.

It keeps nothing between two requests, imports nothing of the other packages, and is reached
only through the hub input channel (`brain.hub`).
"""
