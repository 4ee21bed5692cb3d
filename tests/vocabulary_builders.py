"""An article and small vocabularies for tests of matching, labels and flags."""

from datetime import UTC, datetime

from connectors.records import Article
from streams.core.compiled import compile_vocabulary
from streams.core.vocabulary import Condition, Definitions, Facet, Pattern, Term, Watchlist

ARTICLE = Article(
    id="a",
    url="",
    canonical_url="",
    host="",
    feed_url="",
    feed_title="",
    guid="",
    title="",
    summary="",
    text="",
    authors=(),
    categories=(),
    language="en",
    published=datetime(2024, 6, 1, tzinfo=UTC),
    updated=None,
    received=datetime(2026, 11, 23, tzinfo=UTC),
    redirector=False,
    item_hash="",
    content_hash="",
)


def watching(*patterns, contexts=None, condition=None, facets=()):
    """A vocabulary with one watchlist `w` of these patterns."""
    own = Term(id="w", label="w", patterns=patterns)
    watchlist = Watchlist(id="w", title="w", terms=(own,), condition=condition or Condition())
    return compile_vocabulary(Definitions(facets=facets, watchlists=(watchlist,), contexts=contexts or {}))


FACE = Term(
    id="face",
    label="Face",
    relevance=1.0,
    patterns=(Pattern(forms=("face scan",)), Pattern(forms=("a face scan",), weight=0.5)),
)
CHILD = Term(id="live", label="Live", parent="face", patterns=(Pattern(forms=("live match",), weight=0.5),))
POLICE = Term(id="policing", label="Policing", patterns=(Pattern(forms=("police",)),))
COURT = Term(id="court", label="Court", patterns=(Pattern(forms=("court",)),))
BANK = Term(
    id="bank", label="Bank", patterns=(Pattern(forms=("bank",)), Pattern(forms=("river",), weight=-2.0))
)
SENSOR = Term(id="sensor", label="Sensor", relevance=0.1, patterns=(Pattern(forms=("sensor",)),))

SMALL = compile_vocabulary(
    Definitions(
        facets=(
            Facet(id="modality", title="Traits", terms=(FACE, CHILD)),
            Facet(id="domain", title="Domains", terms=(POLICE, COURT), most=1),
            Facet(id="region", title="Regions", terms=(BANK,)),
            Facet(id="relevance", title="Relevance", terms=(SENSOR,)),
        )
    )
)
