"""Stories that do not use the trade's words are recognized by what they describe; look-alikes are not."""

import pytest
from builders import an_article

from streams.core.analyze import analyze
from streams.vocabulary.files import load_vocabulary

VOCABULARY = load_vocabulary()

TOLD = {
    "face": "Guests will board by face: a camera compares each face with the passport picture",
    "palm": "Metro opens palm gates; a reader looks at the lines of the palm before riders pay",
    "iris": "Teenagers had their eyes scanned for tokens; the iris codes must go, the regulator says",
    "voice": "A prison keeps voiceprints of everyone who answers the phone and compares them",
    "gait": "Drone learns to recognise people by gait from the shadow they cast",
    "dna": "Court wants a warrant before police search a genealogy database for relatives",
    "fingerprint": "Queues as the deadline nears to register each SIM card with a fingerprint",
}


@pytest.mark.parametrize(("modality", "title"), TOLD.items(), ids=TOLD.keys())
def test_a_described_trait_is_labelled(modality: str, title: str) -> None:
    classified = analyze(an_article(title=title, summary_html=""), VOCABULARY).classified
    assert modality in {label.id for label in classified.labels if label.facet == "modality"}
    assert classified.relevance != "none"


LOOK_ALIKES = [
    "Travellers face checks and long queues at the border as police strike",
    "Shares trade by face value at the exchange",
    "Firms face entry barriers in the database market",
    "The garden gate by the palm entry road was painted",
    "Everyone recognised a familiar face at the reunion",
    "Families research genealogy at the town library",
]


@pytest.mark.parametrize("title", LOOK_ALIKES)
def test_a_look_alike_is_not(title: str) -> None:
    flagged = analyze(an_article(title=title, summary_html=""), VOCABULARY)
    assert flagged.classified.relevance == "none"
    assert "facial-recognition" not in {flag.watchlist for flag in flagged.flags}
