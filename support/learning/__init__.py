"""What leads say of conversations, and how the assistant learns from it."""
