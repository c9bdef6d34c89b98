"""Writing to customers who have not asked: notices, aftercare, and the tact not to."""
