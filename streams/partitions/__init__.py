"""What a worker keeps of one partition, and the stages that need it: the stateful half of the agents.

    records of one partition ─► dedup.py | story.py ─► messages, in the outbox of store.py

State, cursor and outbox move in one SQLite transaction, as in embedded mode and with the same adapters.
After a kill the outbox is sent again and what the cursor has passed is skipped: nothing is lost, and what
is repeated is the same. The topic read is the changelog: state that is missing or behind is made from it.
"""
