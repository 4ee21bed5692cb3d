"""What people asked to be told: documents that changed ─► alerts ─► messages ─► channels.

stage, following, leads         documents ─► alerts (ports: subscriptions/, alerts/)
planning, delivering, messages  alerts ─► messages ─► channels (ports: outbox/, channels/)
embedded, service, file         both in one process, on `alerts.db`; on a cluster: agents/, partitions/
reading, reading_distributed    what was raised and sent, for commands and the API
backtesting, rehearsing         what a subscription would have told of the past
trial_message                   whether a channel works

What is decided, and what is said, is pure: core/alerts/.
"""
