"""What comes out of article pages, against trafilatura as it is called by default, and what it costs.

Two public benchmarks, where they are at hand (BIOWIRE_SHARED, else ../shared): full texts written down by
people (scrapinghub's; F1 of words, averaged over pages), and sentences that must and must not come out
(trafilatura's own; shares). Costs are processor time, ours without metadata too, in one run.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trafilatura

from connectors.extract import ExtractError, extract

Extract = Callable[[bytes, str], str]
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Case:
    """A page and what is expected of it."""

    url: str
    html: bytes
    expected: dict[str, Any]


def run(quick: bool) -> dict[str, Any]:
    """Return the figures of ours and of the peer. `quick`: every fourth page."""
    root = Path(os.environ.get("BIOWIRE_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    folder = root / "data" / "webpages"
    if not folder.is_dir():
        return {"skipped": "the real pages are not here: set BIOWIRE_SHARED to their folder"}
    step = 4 if quick else 1
    figures: dict[str, Any] = {}
    for name, how in (("ours", ours), ("trafilatura", peer)):
        figures[name] = full_texts(folder / "scrapinghub_aeb", how, step) | segments(
            folder / "trafilatura_eval", how, step
        )
    figures["time_ratio"] = round(
        figures["ours"]["seconds_per_page"] / figures["trafilatura"]["seconds_per_page"], 2
    )
    return figures


def ours(html: bytes, url: str) -> str:
    """The text as the connector takes it."""
    try:
        return extract(html, url=url).text
    except ExtractError:
        return ""


def peer(html: bytes, url: str) -> str:
    """The text as trafilatura gives it by default, with the metadata we take, too."""
    found = trafilatura.bare_extraction(html, url=url, with_metadata=True)
    return (found.text or "") if found is not None and not isinstance(found, dict) else ""


def full_texts(folder: Path, how: Extract, step: int = 1) -> dict[str, float]:
    """Precision, recall and F1 of words against whole texts, averaged over pages."""
    scores = [_words(how(case.html, case.url), case.expected["articleBody"]) for case in cases(folder, step)]
    names = ("precision", "recall", "f1")
    return {name: round(sum(score[at] for score in scores) / len(scores), 4) for at, name in enumerate(names)}


def segments(folder: Path, how: Extract, step: int = 1) -> dict[str, float]:
    """Share of the sentences that must come out and do (`with`), and must not and do not (`without`)."""
    wanted = found = unwanted = left_out = pages = 0
    started = time.process_time()
    for case in cases(folder, step):
        text = how(case.html, case.url)
        pages += 1
        wanted += len(case.expected["with"])
        found += sum(segment in text for segment in case.expected["with"])
        unwanted += len(case.expected["without"])
        left_out += sum(segment not in text for segment in case.expected["without"])
    spent = time.process_time() - started
    return {
        "with": round(found / wanted, 4),
        "without": round(left_out / unwanted, 4),
        "seconds_per_page": round(spent / pages, 4),
    }


def cases(folder: Path, step: int = 1) -> Iterator[Case]:
    """The pages of one benchmark."""
    lines = (folder / "expected.jsonl").read_text("utf-8").splitlines()
    for line in lines[::step]:
        expected = json.loads(line)
        page = folder / (expected.get("page") or f"pages/{expected['id']}.html.gz")
        yield Case(expected["url"], gzip.decompress(page.read_bytes()), expected)


def _words(text: str, truth: str) -> tuple[float, float, float]:
    got, want = (Counter(_WORD.findall(one.lower())) for one in (text, truth))
    common = sum((got & want).values())
    precision, recall = common / max(sum(got.values()), 1), common / max(sum(want.values()), 1)
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0
