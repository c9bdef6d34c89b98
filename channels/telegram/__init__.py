"""Telegram: private chats with the shop's bot."""

import os

# The library gives times as timedelta only when asked to, and warns at every limit it meets until
# it is (python-telegram-bot 22.2; it will be the only way in its next major version).
os.environ.setdefault("PTB_TIMEDELTA", "true")
