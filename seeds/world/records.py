"""What the sample world is made of: outlets, articles, feeds, and the clock they appear by. Pure.

outlet ──► article (with later versions, or a copy of another) ──► feed (shows some, its own way)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

OPENING = datetime(2026, 11, 19, 12, tzinfo=UTC)
"""Where the demo's clock starts; what is later comes in while it runs."""
DEFAULT_PORT = 8899
"""Fixed, because article ids hash the URL and the URL holds the port."""

FORMATS = (
    "rss-0.91",
    "rss-0.92",
    "rss-1.0",
    "rss-2.0",
    "atom-0.3",
    "atom-1.0",
    "json-feed-1.0",
    "json-feed-1.1",
    "news-sitemap",
)
CONTENTS = ("full", "summary", "title")
GUIDS = ("link", "key", "same", "title", "token", "none")
LINKS = ("plain", "tracking", "amp", "mobile", "token")
DECLARED = ("xml", "header", "bom")
KINDS = (
    "press",
    "ngo",
    "regulator",
    "government",
    "court",
    "research",
    "press-release",
    "company",
    "community",
)
LAYOUTS = ("article", "divs", "table")
FULL_TEXTS = ("auto", "always", "never")
PERSPECTIVES = ("industry", "civil-society", "regulator", "mainstream", "local", "research", "government")
RELEVANCES = ("none", "mention", "main")
WATCHLISTS = ("facial-recognition", "detention", "surveillance")

BEHAVIOURS = {
    "plain": "answers 200 with the document",
    "etag": "sends an ETag and answers 304 to a matching If-None-Match",
    "last-modified": "sends Last-Modified and answers 304 to a matching If-Modified-Since",
    "gzip": "sends the document with Content-Encoding: gzip",
    "slow": "answers after a pause",
    "too-many": "answers 429 with Retry-After to the first two requests, then 200",
    "flaky": "answers 503 to the first request, then 200",
    "moved": "redirects for good (301) to the feed's new path",
    "redirect-loop": "redirects to itself by way of a second path",
    "not-found": "answers 404",
    "failing": "answers 500",
    "gone": "answers 410",
    "empty": "answers 200 with a well-formed feed without entries",
    "blank": "answers 200 with no bytes at all",
    "page": "answers 200 with a web page instead of a feed",
    "captcha": "answers 403 with a page that asks to prove that one is human",
    "truncated": "breaks off in the middle of the last entry",
    "ampersand": "leaves ampersands unescaped",
    "entities": "uses HTML entities that XML does not know",
    "control-characters": "has a control character in its text, which XML forbids",
}
"""What a feed does when asked, and the words for it."""

TRAPS = {
    "iris-flower": "the garden flower",
    "iris-lens": "the iris diaphragm of a lens",
    "iris-name": "a person called Iris",
    "irish": "iris inside Irish",
    "kirisute": "iris inside a Japanese word",
    "school-detention": "pupils kept after class",
    "detained-ship": "a ship kept in port",
    "detained-animal": "an animal kept by the authorities",
    "disease-surveillance": "surveillance in epidemiology",
    "browser-fingerprinting": "fingerprints of browsers",
    "tls-fingerprinting": "fingerprints of TLS handshakes",
    "audio-fingerprinting": "fingerprints of recordings",
    "dictation": "voice recognition that takes dictation",
    "prosopagnosia": "face recognition as a human ability",
    "biometrics-journal": "biometrics as statistics in biology",
    "dna-vaccine": "vaccines made of DNA",
    "facial-cosmetics": "facials and creams",
    "pad-tablet": "PAD as a tablet or pad",
    "pad-artery": "PAD as peripheral artery disease",
    "vein-mining": "veins of ore",
    "retina-display": "screens called retina",
    "horse-gait": "how horses move",
    "signature-music": "signature tunes and key signatures",
    "signature-legal": "signatures on papers and petitions",
    "heartbeat-servers": "heartbeat messages between machines",
    "world-word": "world as a word",
    "clear-word": "clear as a word",
    "face-id-phone": "Face ID as one line of a phone's data sheet",
    "nec-venue": "NEC as an exhibition hall",
    "nec-code": "NEC as the electrical code",
    "ice-water": "ice as frozen water",
    "clearview-place": "Clearview as a place",
    "thales-miletus": "Thales the philosopher",
    "morpho-butterfly": "the morpho butterfly",
    "pi-number": "pi the number",
    "persona-word": "persona as a word",
    "flock-word": "flock as a word",
    "axon-nerve": "axons of nerve cells",
    "palm-tree": "palms that grow",
    "face-value": "face as a word in other phrases",
}
"""Look-alikes a naive matcher falls for."""


class WorldError(ValueError):
    """The sample world's files are wrong; the message names the file, the table and what to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented publisher, with a host of its own under `.localhost`."""

    id: str
    name: str
    country: str
    language: str
    kind: str
    perspective: str
    most_read: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    layout: str = "article"
    """How its pages are built: with semantic elements, of divisions, or of tables as in 1999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a careful reader says of an article."""

    relevance: str = "none"
    watchlists: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A later version of an article: what changed, and when."""

    at: datetime
    title: str = ""
    add: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One invented article. Paragraphs of `text` are separated by an empty line."""

    key: str
    outlet: str
    published: datetime
    title: str
    summary: str
    text: str
    language: str
    expect: Expectation
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    story: str = ""
    trap: str = ""
    press_release: bool = False
    copy_of: str = ""
    revisions: tuple[Revision, ...] = ()
    dated_as: str | None = None
    page_only: bool = False

    @property
    def path(self) -> str:
        """Path of its page on the outlet's host."""
        return f"/{self.published:%Y/%m}/{self.key}"

    def at(self, now: datetime) -> Article:
        """The version that stands at `now`: every revision up to then applied."""
        article = self
        for revision in self.revisions:
            if revision.at <= now:
                text = f"{article.text}\n\n{revision.add}" if revision.add else article.text
                title = revision.title or article.title
                article = replace(article, title=title, text=text, updated=revision.at)
        return article


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed document of an outlet, and its manners."""

    id: str
    outlet: str
    path: str
    format: str
    title: str = ""
    content: str = "summary"
    encoding: str = "utf-8"
    declared: tuple[str, ...] = ("xml",)
    articles: tuple[str, ...] = ()
    category: str = ""
    limit: int = 0
    guid: str = "link"
    links: str = "plain"
    behaviour: str = "plain"
    full_text: str = "auto"
    """What the feed list says about fetching article pages."""
    footer: bool = False
    """Each text ends with "The post … appeared first on …"."""

    @property
    def moved_path(self) -> str:
        """Where a feed that redirects leads."""
        return f"/moved{self.path}"


@dataclass(frozen=True, slots=True)
class World:
    """All of it, checked; maps keep the order of the files."""

    outlets: dict[str, Outlet]
    articles: dict[str, Article]
    feeds: dict[str, Feed]
    by_outlet: dict[str, tuple[Article, ...]] = field(repr=False)

    def entries(self, feed: Feed, now: datetime) -> tuple[Article, ...]:
        """What the feed shows at `now`: newest first, each in the version of that time."""
        if feed.articles:
            chosen = [self.articles[key] for key in feed.articles]
        else:
            chosen = [a for a in self.by_outlet[feed.outlet] if feed.category in ("", *a.categories)]
        out = [article.at(now) for article in chosen if article.published <= now]
        out.sort(key=lambda article: (article.published, article.key), reverse=True)
        return tuple(out[: feed.limit or None])

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Every time after the opening at which something appears or changes, in order."""
        times = {article.published for article in self.articles.values()}
        times |= {revision.at for article in self.articles.values() for revision in article.revisions}
        return tuple(sorted(time for time in times if time > OPENING))
