"""A stream of invented news with everything planted that can go wrong: repeats, revisions, copies, moved addresses.

Words come from frequency lists, terms of the trade are strewn in; all of it follows from a seed, so that a failed run
can be run again. What is expected of the index is written down here, before anything is served.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from wordfreq import top_n_list

from connectors.items import item_of
from connectors.normalize import address_id, normalize
from connectors.parse import parse
from connectors.publish.log import encode
from connectors.records import Feed, Item
from connectors.urls import canonical_url

OUTLETS = 200
BEGIN = datetime(2024, 2, 10, 6, tzinfo=UTC)
DAYS = 40
LANGUAGES = ("en", "en", "en", "de", "fr", "es", "ru", "pl")
TERMS = {
    "en": "facial recognition|biometric data|live facial recognition|fingerprint scanners|iris scans|data protection "
    "authority|mass surveillance|digital identity|wrongful arrest|deepfake|gait recognition|voice recognition",
    "de": "Gesichtserkennung|biometrische Daten|Überwachung|Datenschutz|Fingerabdrücke",
    "fr": "reconnaissance faciale|données biométriques|surveillance|empreintes digitales",
    "es": "reconocimiento facial|datos biométricos|vigilancia masiva|huellas dactilares",
    "ru": "распознавание лиц|биометрические данные|слежка",
    "pl": "rozpoznawanie twarzy|dane biometryczne|inwigilacja",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry that one feed will show."""

    number: int
    kind: str
    """original, repeat (another feed), revision, copy (another outlet), moved (another address)."""
    feed: int
    outlet: int
    after: int
    """Number of the delivery of the same feed that it replaces there once that one is safe; -1 for none."""
    guid: str
    link: str
    title: str
    paragraphs: tuple[str, ...]
    language: str
    published: datetime
    updated: datetime
    article: int
    """Number of the delivery that began the article it belongs to."""

    def entry(self) -> str:
        """As Atom."""
        body = escape("".join(f"<p>{part}</p>" for part in self.paragraphs))
        return (
            f'<entry xml:lang="{self.language}"><id>{self.guid}</id><title>{escape(self.title)}</title>'
            f'<link href="{escape(self.link)}"/><published>{self.published.isoformat()}</published>'
            f'<updated>{self.updated.isoformat()}</updated><content type="html">{body}</content></entry>'
        )


def document(feed: int, entries: list[str]) -> bytes:
    """A feed of those entries. All have one title: which feed's words stand may follow from the time of receipt."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Invented</title><id>urn:feed:{feed}</id>{''.join(entries)}</feed>"
    ).encode()


@dataclass(frozen=True, slots=True)
class Expected:
    """One article as the ledger promises it."""

    id: str
    title: str
    content_hash: str
    sightings: int


class Invention:
    """`articles` articles and what happens to them, as deliveries in the order in which they appear."""

    def __init__(self, seed: int, articles: int, feeds: int, *, revisions: bool = True) -> None:
        """`revisions`: also such that replace an entry of the same feed."""
        self._chance = random.Random(seed)
        self._revisions = revisions
        self._feeds = feeds
        self._words = {name: top_n_list(name, 12_000) for name in TERMS}
        self._weights = [1.0 / (rank + 5) for rank in range(12_000)]
        for position in range(1, len(self._weights)):
            self._weights[position] += self._weights[position - 1]
        self.deliveries: list[Delivery] = []
        self._make(articles)

    def _make(self, articles: int) -> None:
        chance, made = self._chance, 0
        later: list[tuple[int, Delivery]] = []
        while made < articles:
            one = (
                self._copy() if self.deliveries and chance.random() < 0.07 else self._original(made, articles)
            )
            made += 1
            self._append(one)
            if chance.random() < 0.18:
                self._happens_to(self.deliveries[-1], later)
            due = [delivery for at, delivery in later if at <= len(self.deliveries)]
            later = [pair for pair in later if pair[0] > len(self.deliveries)]
            for delivery in due:
                self._append(delivery)
        for _, delivery in later:
            self._append(delivery)

    def _append(self, one: Delivery) -> None:
        number = len(self.deliveries)
        article = number if one.article < 0 else one.article
        self.deliveries.append(replace(one, number=number, article=article))

    def _happens_to(self, one: Delivery, later: list[tuple[int, Delivery]]) -> None:
        chance, here = self._chance, len(self.deliveries)
        elsewhere = chance.randrange(self._feeds)
        moment = one.published + timedelta(hours=chance.uniform(1, 20))
        changed = (f"Update: {one.title}", (*one.paragraphs, self._sentence(one.language, 25)), moment)
        kinds = {
            "repeat": _but(
                one, "repeat", elsewhere, link=f"{one.link}?utm_source=rss&utm_medium=feed{elsewhere}"
            ),
            "revision elsewhere": _but(one, "revision", elsewhere, changed=changed),
            "revision": _but(one, "revision", one.feed, changed=changed, after=one.number),
            "moved": _but(
                one, "moved", one.feed, link=f"{one.link}-moved", published=one.published + timedelta(hours=1)
            ),
        }
        name = chance.choices(list(kinds), (8, 3, 5 * self._revisions, 1))[0]
        if name != "repeat" or elsewhere != one.feed:
            later.append((here + chance.randrange(1, 400), kinds[name]))

    def _original(self, number: int, of: int) -> Delivery:
        chance = self._chance
        language, outlet = chance.choice(LANGUAGES), chance.randrange(OUTLETS)
        # Late and early ones among the others: order of arrival is not order of publication.
        moment = BEGIN + timedelta(days=DAYS * number / of, hours=chance.gauss(0, 12))
        published = moment.replace(microsecond=0)
        words = chance.randrange(70, 150)
        paragraphs = tuple(self._sentence(language, words // 3) for _ in range(3))
        return Delivery(
            number=-1,
            kind="original",
            feed=chance.randrange(self._feeds),
            outlet=outlet,
            after=-1,
            guid=f"urn:story:{number}",
            link=f"https://outlet-{outlet}.example/{published:%Y/%m}/story-{number}",
            title=self._sentence(language, chance.randrange(6, 11)).rstrip("."),
            paragraphs=paragraphs,
            language=language,
            published=published,
            updated=published,
            article=-1,
        )

    def _copy(self) -> Delivery:
        """The words of a recent original on another site, a few of them changed."""
        chance = self._chance
        source = chance.choice(self.deliveries[-300:])
        outlet, number = (source.outlet + 1 + chance.randrange(OUTLETS - 1)) % OUTLETS, len(self.deliveries)
        published = source.published + timedelta(minutes=chance.randrange(5, 3000))
        first = f"{self._sentence(source.language, 4)} {source.paragraphs[0]}"
        return Delivery(
            number=-1,
            kind="copy",
            feed=chance.randrange(self._feeds),
            outlet=outlet,
            after=-1,
            guid=f"urn:copy:{number}",
            link=f"https://outlet-{outlet}.example/{published:%Y/%m}/copy-{number}",
            title=source.title,
            paragraphs=(first, *source.paragraphs[1:]),
            language=source.language,
            published=published,
            updated=published,
            article=-1,
        )

    def _sentence(self, language: str, words: int) -> str:
        chance = self._chance
        found = chance.choices(self._words[language], cum_weights=self._weights, k=words)
        if chance.random() < 0.35:
            found.insert(chance.randrange(len(found)), chance.choice(TERMS[language].split("|")))
        return " ".join(found).capitalize() + "."


def _but(one: Delivery, kind: str, feed: int, changed: Any = None, **fields: Any) -> Delivery:
    if changed:
        fields |= dict(zip(("title", "paragraphs", "updated"), changed, strict=True))
    fields.setdefault("updated", max(one.updated, fields.get("published", one.published)))
    return replace(one, kind=kind, feed=feed, number=-1, **({"after": -1} | fields))


def item(delivery: Delivery, feed_url: str) -> Item:
    """The item that reading the feed should come to."""
    feed = Feed(url=feed_url)
    parsed = parse(document(delivery.feed, [delivery.entry()]), url=feed_url)
    return item_of(feed, parsed, parsed.entries[0])


def expected(deliveries: list[Delivery], items: list[Item]) -> dict[str, Expected]:
    """What has to be in the index in the end, by id: from the plan, not from the pipeline's decisions."""
    articles: dict[int, list[tuple[Delivery, Item]]] = {}
    for delivery, one in zip(deliveries, items, strict=True):
        articles.setdefault(delivery.article, []).append((delivery, one))
    found = {}
    for number, group in articles.items():
        _, last = max(group, key=lambda pair: (pair[0].updated, pair[0].kind == "revision"))
        words = normalize(last, datetime.now(UTC))
        id_ = address_id(canonical_url(deliveries[number].link))
        found[id_] = Expected(id_, words.title, words.content_hash, len({encode(one) for _, one in group}))
    return found
