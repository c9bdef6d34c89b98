"""Telegram: private chats with the shop's bot."""
