"""Have we had this article? Sightings of one article, told from its revisions and from other articles.

    article ─► sighting ─► same address, guid or words as one we have? ─► outcome, article as it stands

What is decided is a function of the set of sightings, never of their order: articles are joined by pairwise
tests on facts of items, the first by (time, id) gives the joined article its id, and a total order chooses
the sighting that speaks for it. Only the *outcome* counted for an incoming item depends on what was there
before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from connectors.records import Article

from .records import Outcome
from .text import CHARACTER, fold_text, tokens

STUB_WORDS = 60
"""Below this many words a sighting is a stub: any fuller one speaks before it."""
TITLE_ALIKE = 0.5
"""Share of title words two sightings with the same guid must have in common to be the same article."""
WORDS_TO_TELL = 25
"""Words an undated item needs before equal words on one site mean the same article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The facts of one item that decide which article it belongs to and whether it speaks for it."""

    seq: int
    """Place in the log; only to find the item again, never part of a decision."""
    item: str
    """Item hash."""
    article: str
    """Article id by its own address."""
    url: str
    canonical_url: str
    host: str
    feed_url: str
    title: str
    published: datetime | None
    updated: datetime | None
    received: datetime
    words: int
    content: str
    """Content hash."""
    keys: tuple[str, ...]
    """Exact keys under which the same article may be found at another address."""

    @property
    def when(self) -> datetime:
        """Published, or received where the feed does not say."""
        return self.published or self.received


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One article as all its sightings together make it."""

    id: str
    """Id of its first address by (time, id)."""
    root: Sighting
    """Whose address it stands at."""
    speaker: Sighting
    """Whose words it has."""
    published: datetime | None
    updated: datetime | None
    first_seen: datetime
    revision: int
    sightings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What dedup says of one incoming item."""

    outcome: Outcome
    """new, duplicate or revision; the story stage may still find a new one to be a near_duplicate."""
    of: str | None
    reason: str
    seen: Seen
    merged: tuple[str, ...]
    """Ids that were articles before and are now sightings of this one."""


def sighting(article: Article, seq: int) -> Sighting:
    """The facts of an article's item."""
    words = _words(article.summary) + _words(article.text)
    return Sighting(
        seq=seq,
        item=article.item_hash,
        article=article.id,
        url=article.url,
        canonical_url=article.canonical_url,
        host=article.host,
        feed_url=article.feed_url,
        title=article.title,
        published=article.published,
        updated=article.updated,
        received=article.received,
        words=words,
        content=article.content_hash,
        keys=tuple(_keys(article, words)),
    )


def _words(text: str) -> int:
    """About how many words; characters count where the script has no spaces."""
    if not text:
        return 0
    if text.isascii() or not CHARACTER.search(text):
        return text.count(" ") + text.count("\n") + 1
    return len(tokens(fold_text(text)))


def _keys(article: Article, words: int) -> Iterable[str]:
    guid = article.guid
    if guid and guid not in (article.url, article.canonical_url):
        yield _key("guid", article.feed_url, article.host, guid)
    if article.redirector:
        yield _key("lead", article.host, fold_text(article.title))
    elif article.published is not None and _words(article.title) >= 3:
        yield _key("words", article.host, article.content_hash, article.published.isoformat())
    elif words >= WORDS_TO_TELL:
        yield _key("words", article.host, article.content_hash)


def _key(*parts: str) -> str:
    return f"{parts[0]}:{blake2b(chr(0).join(parts).encode(), digest_size=10).hexdigest()}"


def same_article(a: Sighting, b: Sighting) -> str | None:
    """Why two sightings at different addresses are one article, in a sentence; None when they are not.

    Equal words on one site at one time are proof. An equal guid is not: some feeds give all their entries the
    same one, so the titles must be alike as well, or the words the same.
    """
    shared = set(a.keys) & set(b.keys)
    if any(key.startswith("words:") for key in shared):
        return f"the same words on {a.host} under another address ({b.url or b.article})"
    if any(key.startswith("lead:") for key in shared):
        return f"the same title and publisher from {a.host}"
    if any(key.startswith("guid:") for key in shared):
        alike = title_overlap(a.title, b.title)
        if a.content == b.content or alike >= TITLE_ALIKE:
            words = f"{alike:.0%} of the title's words in common"
            return f"the same guid in the same feed, {words}, under another address ({b.url or b.article})"
    return None


def title_overlap(a: str, b: str) -> float:
    """Jaccard similarity of the title's words."""
    one, other = set(tokens(fold_text(a))), set(tokens(fold_text(b)))
    return len(one & other) / len(one | other) if one | other else 0.0


def seen(sightings: Sequence[Sighting]) -> Seen:
    """One article of all its sightings, whatever their order."""
    root = min(sightings, key=lambda one: (one.when, one.article, one.item))
    speaker = max(sightings, key=_speaks)
    dates = [one.published for one in sightings if one.published]
    changes = [one.updated or one.published for one in sightings if one.updated or one.published]
    published = min(dates) if dates else None
    updated = max((change for change in changes if change), default=None)
    return Seen(
        id=root.article,
        root=root,
        speaker=speaker,
        published=published,
        updated=updated if updated != published else None,
        first_seen=min(one.received for one in sightings),
        revision=_revisions(sightings),
        sightings=len(sightings),
    )


def _speaks(one: Sighting) -> tuple[object, ...]:
    """Full text before stub, newer before older, longer before shorter; the item's hash settles the rest."""
    return one.words >= STUB_WORDS, one.updated or one.when, one.received, one.words, one.item


def _revisions(sightings: Sequence[Sighting]) -> int:
    """Versions of the words that one feed delivered; another feed's cut of the same article is none."""
    versions: dict[str, set[str]] = {}
    for one in sightings:
        versions.setdefault(one.feed_url, set()).add(one.content)
    return max(map(len, versions.values()))


def decide(incoming: Sighting, groups: Sequence[Sequence[Sighting]], why: str) -> Decision:
    """What a sighting makes of the articles (groups of sightings) it belongs to; of none, a new one."""
    before = [seen(group) for group in groups]
    others = [one for group in groups for one in group]
    now = seen([*others, incoming])
    if not others:
        return Decision(
            outcome="new",
            of=None,
            reason="no article with this address, guid or words was known",
            seen=now,
            merged=(),
        )
    outcome, reason = _outcome(incoming, others, why)
    return Decision(
        outcome=outcome,
        of=now.id if now.id != incoming.article else before[0].id,
        reason=reason,
        seen=now,
        merged=tuple(sorted({old.id for old in before} - {now.id})),
    )


def _outcome(incoming: Sighting, others: Sequence[Sighting], why: str) -> tuple[Outcome, str]:
    if any(one.content == incoming.content for one in others):
        return "duplicate", f"{why}; its words were already known"
    if any(one.feed_url == incoming.feed_url for one in others):
        return "revision", f"{why}; the feed delivered other words than before"
    return "duplicate", f"{why}; another feed's cut of the same article"


def stand(article: Article, seen: Seen) -> Article:
    """The article as it stands: the speaker's words at the root's address."""
    return replace(
        article,
        id=seen.id,
        url=seen.root.url,
        canonical_url=seen.root.canonical_url,
        host=seen.root.host,
        feed_url=seen.root.feed_url,
        published=seen.published,
        updated=seen.updated,
        received=seen.first_seen,
    )
