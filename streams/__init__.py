"""What is decided about it: article ─► dedup ─► classify ─► flag ─► story ─► index ─► alert.

core/                      the decisions, pure, one module per stage
pipeline                   the order of the stages, written once
embedded, monitor, ingest  one process: the store, live, from a file
seen/, state/, sinks/      ports: dedup's memory, the story stage's memory, the index
alerting/                  documents that changed ─► alerts ─► messages ─► channels (ports: subscriptions/,
                           alerts/, outbox/, channels/)
app, worker, agents/, partitions/, topics, wire    the same on Kafka and Faust
reading/                   what commands and pages look at, whatever the mode
replay/, explain, evaluate  the past under new rules; why; how well
deadletters, retention, export, summary
vocabulary/, seeds_files, settings    what is read at start
cli/                       the commands
"""
