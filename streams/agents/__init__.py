"""The Faust agents, one for each topic that is read: take, call the stage, hand on.

    articles.raw ─► dedup.py (with classify and flag) ─► story.py ─► index.py ─► Elasticsearch

What a stage decides is not here (`partitions`, `core`), nor how a topic is called (`topics`). What is here
keeps the promises: bytes in, concurrency 1, nothing is raised to Faust, which would take what it was
working on for done; offsets are committed only after the effects.
"""
