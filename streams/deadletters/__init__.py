"""What a stage gave up on, kept as it came, and taken up again on request.

record: one dead letter as Kafka keeps it; kafka: those of the distributed mode; embedded: those of a store.
"""
