"""What can go wrong on this side, and what to do about it.

BiowireError
├── UserError        a person can mend it: one plain sentence, exit code 2
│   ├── NotYet       a server or topic is not there, and may come: those who start together wait
│   └── StoreError   the store cannot be used as it is (newer version, locked, damaged)
├── PermanentError   trying again will not help: a dead letter, or a failure shown on the feed
│   └── NotAFeed     the document is no feed (a page, a captcha, JSON of another kind)
└── TransientError   trying again later may help
"""

from __future__ import annotations


class BiowireError(Exception):
    """Root of all errors this project raises on purpose."""


class UserError(BiowireError):
    """Something a person can mend; the message is a full sentence that says how."""


class NotYet(UserError):  # noqa: N818 - reads as the sentence it is
    """Something is not there that may come: a server that starts, a topic that is about to be made."""


class StoreError(UserError):
    """The store cannot be used as it is."""


class PermanentError(BiowireError):
    """Trying again will not help."""


class NotAFeed(PermanentError):  # noqa: N818 - reads as the sentence it is
    """The document is no feed."""


class TransientError(BiowireError):
    """Trying again later may help. `retry_after`: seconds the other side asked for, 0 when unsaid."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
