"""The index of the distributed mode: what agents write in bulk and every command reads.

    articles.grouped ─► BulkSink ─► monthly indices behind an alias ─► ElasticIndex ─► search, show, export

`document` turns records into what is indexed and back, `mapping` says how, `plan` translates queries.
The same query finds the same articles, in the same order, as in `memory` and `sqlite`.
"""
