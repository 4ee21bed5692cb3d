"""What no feed can bring: what a stage has to give up on, put straight into the topic that it reads.

Each has to be in the dead letters exactly once, byte for byte, and nothing behind it may be held up.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from connectors.normalize import address, item_from_json
from connectors.topics import partition_of
from streams.wire import Operation, encode


@dataclass(frozen=True, slots=True)
class Poison:
    name: str
    key: bytes | None
    value: bytes
    partition: int
    dead: bool
    """Whether it belongs among the dead letters; else it is worked like any other."""
    document: str = ""
    """Id of the document it makes, if any."""
    hop: int = 0
    """Which of the topics that workers read: articles.raw, articles.flagged, articles.grouped."""
    letter: str = ""
    """After the place, in the key of its dead letter."""


def poisons(seed: int, partitions: int, times: int = 3) -> list[Poison]:
    """The same for a seed; `times` of each kind."""
    chance = random.Random(seed)
    found = []
    for turn in range(times):
        for name, value in _bytes(turn, chance):
            partition = chance.randrange(partitions)
            found.append(Poison(name, f"poison-{name}-{turn}".encode(), value, partition, dead=True))
        found += [_sound(name, fields, partitions) for name, fields in _oversized(turn)]
        found += _inside(turn, chance, partitions)
    return found


def _bytes(turn: int, chance: random.Random) -> list[tuple[str, bytes]]:
    return [
        ("undecodable", b"\xff\xfe\x00" + chance.randbytes(40)),
        ("not-json", b"<rss>%d" % turn),
        ("no-object", b"[%d]" % turn),
        (
            "wrong-kind",
            json.dumps({"title": {"no": "string"}, "link": f"https://poison.example/{turn}"}).encode(),
        ),
        ("deep", b"[" * 20_000 + b"%d" % turn),
        ("empty-value", b"" if turn == 0 else b" " * turn),
    ]


def _inside(turn: int, chance: random.Random, partitions: int) -> list[Poison]:
    """Past the first stage: bytes that are no record, and a document that Elasticsearch refuses."""
    refused = f"refused{turn}"
    operation = Operation("sighting", refused, 1, "", b'{"no": {"such": "field"}}')
    made = [
        ("no-record", chance.randbytes(60), 1, ""),
        ("no-operations", chance.randbytes(60), 2, ""),
        ("refused", encode((operation,)), 2, f"/{refused}"),
    ]
    return [
        Poison(
            name,
            f"poison-{name}-{turn}".encode(),
            value,
            chance.randrange(partitions),
            dead=True,
            hop=hop,
            letter=letter,
        )
        for name, value, hop, letter in made
    ]


def _oversized(turn: int) -> list[tuple[str, dict[str, object]]]:
    """Odd, but items all the same: a long address, a guid over Elasticsearch's limit for ids, huge fields."""
    base = {
        "feed_url": "https://odd.example/feed",
        "published": f"2024-02-0{turn + 1}T00:00:00Z",
        "language": "en",
    }
    text = " ".join(f"oddity{turn}word{number}" for number in range(30_000))
    return [
        ("long-guid", base | {"title": f"Long guid {turn} of a reader", "guid": "g" * 3_000, "link": f"https://long{turn}.example/a"}),
        ("long-link", base | {"title": f"Long link {turn} of a reader", "link": f"https://odd{turn}.example/" + "x" * 3_900}),
        ("giant-text", base | {"title": f"Giant text {turn} of a reader", "link": f"https://giant{turn}.example/a", "content_html": text}),
        ("giant-word", base | {"title": f"Giant word {turn} of a reader", "link": f"https://word{turn}.example/a", "summary_html": "w" * 150_000}),
        ("long-categories", base | {"title": f"Long categories {turn} of a reader", "link": f"https://cat{turn}.example/a", "categories": ["c" * 40_000, "short"]}),
    ]  # fmt: skip


def _sound(name: str, fields: dict[str, object], partitions: int) -> Poison:
    value = json.dumps(fields).encode()
    id_, host = address(item_from_json(value))
    return Poison(name, id_.encode(), value, partition_of(host, partitions), dead=False, document=id_)
