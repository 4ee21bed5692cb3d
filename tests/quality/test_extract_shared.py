"""Article text out of real pages: as much of it as trafilatura finds, and less of what stands around it."""

import pytest
from shared_data import shared

from benchmarks.extract import cases, full_texts, ours, peer, segments
from connectors.extract import extract

pytestmark = [pytest.mark.shared, pytest.mark.slow]

F1, WITH, WITHOUT = 0.97, 0.91, 0.92
"""Floors: only a deliberate change may lower them."""


def test_the_words_of_the_article_are_those_a_person_wrote_down():
    assert full_texts(shared("webpages", "scrapinghub_aeb"), ours)["f1"] >= F1


def test_what_must_stay_out_stays_out_more_often_than_with_trafilatura_itself():
    folder = shared("webpages", "trafilatura_eval")
    mine, theirs = segments(folder, ours, step=3), segments(folder, peer, step=3)
    assert mine["without"] >= max(theirs["without"], WITHOUT)
    assert mine["with"] >= max(theirs["with"] - 0.02, WITH)


def test_languages_and_dates_come_with_the_text():
    pages = [extract(case.html, url=case.url) for case in cases(shared("webpages", "scrapinghub_aeb"), 4)]
    assert sum(bool(page.title) for page in pages) >= 0.95 * len(pages)
    assert sum(bool(page.published) for page in pages) >= 0.8 * len(pages)
