"""Article to node: everything the story stage keeps of it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .days import Node
from .links import pack
from .rarity import words_of
from .records import Flagged
from .releases import is_release
from .signature import signature_of
from .text import CHARACTER, fold_text, tokens
from .traits import LEAD_CHARACTERS, LEAD_WORDS, Cut, traits_of

SURFACES = 15
"""Words kept as written: no reason names more."""
_ADDRESS = re.compile(r"https?://\S+")
"""Addresses are no words of an article; listings of links would look alike by them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def node_of(flagged: Flagged) -> Node:
    """The node of an article, not yet linked to any other."""
    article = flagged.article
    known = words_of(article.language)
    body = article.text if len(article.text) > len(article.summary) else article.summary
    if "://" in body:
        body = _ADDRESS.sub(" ", body)
    by_character = CHARACTER.search(f"{article.title} {body[:200]}") is not None
    folded_title, folded = fold_text(article.title), fold_text(body)
    title, words = tokens(folded_title), tokens(folded)
    if len(article.summary) > LEAD_CHARACTERS // 4 and len(article.text) > len(article.summary):
        lead = article.summary[:LEAD_CHARACTERS]
        folded_lead = fold_text(lead)
        lead_words = tokens(folded_lead)
    else:
        lead, folded_lead, lead_words = body[:LEAD_CHARACTERS], folded[:LEAD_CHARACTERS], words
    cut = Cut(title, lead_words[:LEAD_WORDS], folded_title, folded_lead, by_character)
    traits = traits_of(article.title, lead, known, cut)
    signature = signature_of(title + words, known, by_character=by_character)
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
        surfaces=" ".join(traits.surfaces[:SURFACES]),
        sketch=signature.sketch,
        keys=signature.keys,
        numbers=signature.numbers,
        size=signature.size,
    )
