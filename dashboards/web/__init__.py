"""The local web UI: pages that people read, over the same ports as the API and Kibana.

    request ─► Wall (dashboards/api) ─► Pages ─► a view ─► template ─► HTML

One module per page in `views`, one template of the same name, one style sheet and script where it needs
them. Every page works without scripts; scripts only make it better. docs/web.md says the rest.
"""
