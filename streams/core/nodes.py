"""Article to node: everything the story stage keeps of it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .days import Node
from .links import pack
from .rarity import words_of
from .records import Flagged
from .releases import is_release
from .signature import signature_of
from .text import fold_text, tokens
from .traits import traits_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def node_of(flagged: Flagged) -> Node:
    """The node of an article, not yet linked to any other."""
    article = flagged.article
    body = article.text if len(article.text) > len(article.summary) else article.summary
    title, words = tokens(fold_text(article.title)), tokens(fold_text(body))
    traits = traits_of(article, article.summary if len(article.summary) > 150 else body)
    signature = signature_of(title + words, words_of(article.language))
    return Node(
        id=article.id,
        when=(article.when - _EPOCH) // _MICROSECOND,
        language=article.language,
        host=article.host,
        release=is_release(article),
        entities=flagged.entities,
        frame=traits.frame,
        stamp=traits.stamp,
        row=pack(traits.words, traits.weights, traits.marks),
        surfaces=" ".join(traits.surfaces),
        sketch=signature.sketch,
        keys=signature.keys,
        numbers=signature.numbers,
        size=signature.size,
    )
