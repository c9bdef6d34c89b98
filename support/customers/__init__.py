"""Who the customers are: visitors, signed in or linked, and what is known of them."""
