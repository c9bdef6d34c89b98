"""The domain of customer service: conversations, handover, knowledge, orders, cases, promises."""
