"""One module per page: what it asks of the ports, and what it shows."""
