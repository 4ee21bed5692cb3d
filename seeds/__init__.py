"""What makes an empty install useful: vocabulary, watchlists, starter feeds, and the invented world of the demo."""
