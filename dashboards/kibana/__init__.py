"""What people see in Kibana: data views, Discover sessions, saved queries and dashboards, written as Python.

    definitions/ ─► saved objects ─► check ─► ndjson/ (checked in) ─► provision ─► Kibana
                                                                        ◄─ pull ─┘

To add a panel, add a line to a dashboard in `definitions/` and run `./run.sh kibana`.
"""
