"""What makes an empty install useful: vocabulary, watchlists, starter feeds, and the demo's invented world."""
