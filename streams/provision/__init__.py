"""What the servers of the distributed mode have to hold before anything runs, and how they come to it.

topics: which topics with which settings; plan: what differs; broker: look, and put it right.
"""
