"""Privacy as dignity: masking, a customer's own data, erasure."""
