"""The HTTP API: the same answers as the commands' `--json`, for programs and for the web UI.

    request ─► wall (limits, Host, Origin, token) ─► resource ─► ports (opening) ─► JSON

app        puts it together; the description is served at /api/v1/openapi.json
wall       what every request has to pass, and what every answer carries
access     who asks, and whether that may be: pure
tokens     who may ask, kept hashed beside the store
opening    what resources look at and change, in both modes
documents, stories, subscriptions, alerts, feeds, status    resources, one router each
feeds_out, unsubscribe    what outsiders reach by a secret address
"""
