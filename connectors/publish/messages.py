"""An item as a message of the topic articles.raw: its key, what chooses its partition, its body. Pure.

Whatever is delivered becomes a message: a line that is no item, too, so that it ends as a failure that is
counted and can be looked at, like in an embedded instance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b

from ..normalize import TEXT_LIMIT, BadItem, address, item_from_json
from ..records import Item
from .log import encode

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of one body; half of what the topic takes (`max.message.bytes`), so that none is ever refused."""
FIELD_LIMIT = 4 * TEXT_LIMIT
"""Characters a text keeps in an item over the limit; of what is visible in it, TEXT_LIMIT are worked."""
_LONG = ("summary_html", "content_html", "text")


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent of one item."""

    key: bytes
    """Id of the article; hash of the bytes where they are no item."""
    place: str
    """The host, or the key where there is no item: what `connectors.topics.partition_of` is given."""
    body: bytes

    @property
    def size(self) -> int:
        """Bytes it occupies while it is under way."""
        return len(self.key) + len(self.body) + 200


def of_item(item: Item) -> Message:
    """The message of an item of a connector."""
    key, host = address(item)
    body = encode(item)
    return Message(key.encode(), host, body if len(body) <= BODY_LIMIT else encode(_shortened(item)))


def of_body(body: bytes) -> Message:
    """The message of a line of a file, item or not."""
    try:
        item = item_from_json(body)
    except BadItem:
        return _of_no_item(body)
    if len(body) > BODY_LIMIT:
        return of_item(item)
    key, host = address(item)
    return Message(key.encode(), host, body)


def _of_no_item(body: bytes) -> Message:
    key = blake2b(body, digest_size=10).hexdigest()
    if len(body) > BODY_LIMIT:
        body = b"%s\n(cut by biowire, %d bytes in all)" % (body[:FIELD_LIMIT], len(body))
    return Message(key.encode(), key, body)


def _shortened(item: Item) -> Item:
    """No field of a real item comes near these lengths; the id of the article stays what it was."""
    return replace(
        item,
        **{name: getattr(item, name)[:FIELD_LIMIT] for name in _LONG},
        **{name: getattr(item, name)[:FIELD_LIMIT] for name in ("title", "author", "feed_title")},
        categories=tuple(name[:1000] for name in item.categories[:200]),
    )
