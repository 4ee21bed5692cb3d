"""What makes an empty install useful: vocabulary, watchlists, starter feeds, and the world of the demo."""
