"""Article pages that would cost too much are given up, and the next one is read."""

import contextlib
import time

import pytest
import pytest_asyncio

from connectors.extract import MAX_PAGE, ExtractError
from connectors.page_reader import PageReader

WORDS = "The court decided on Monday that all the pictures have to be deleted within a month. "
PAGE = f"<html lang='en'><head><title>Court</title></head><body><article><p>{WORDS * 9}</p></article></body></html>"
MB = 1024 * 1024

COSTLY = {
    "two hundred thousand elements deep": b"<div>" * 200_000,
    "nested lists": b"<ul><li>" * 60_000,
    "nested tables": b"<table><tr><td>" * 40_000,
    "two hundred thousand paragraphs": b"<p>word</p>" * 200_000,
    "sixty thousand links": b"<p><a href='/x'>word</a></p>" * 60_000,
    "one word of four megabytes": b"<p>" + b"x" * (4 * MB),
    "open comments": b"<!--" * MB,
    "attributes without end": b"<p " + b"a='b' " * 200_000 + b">",
    "named foreign, nested": b"<div class='related'>" * 100_000 + b"<p>word</p>",
    "entities": b"<p>" + b"&amp;" * 400_000,
    "broken JSON in scripts": b"<script type='application/ld+json'>" + b'{"a":[' * 100_000 + b"</script>",
    "zeros": b"\0" * (4 * MB),
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def reader():
    async with PageReader(seconds=1.0) as reader:
        yield reader


@pytest.mark.slow
@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY.keys())
async def test_a_costly_page_ends_soon_and_harms_no_other(reader, body):
    assert (await reader.read(PAGE.encode())).title == "Court"
    started = time.monotonic()
    with contextlib.suppress(ExtractError):
        await reader.read(b"<html><body>" + body)
    assert time.monotonic() - started < 3
    assert "deleted within a month" in (await reader.read(PAGE.encode())).text


async def test_a_page_over_the_size_limit_is_refused(reader):
    with pytest.raises(ExtractError, match="larger than 5 MB"):
        await reader.read(b"x" * (MAX_PAGE + 1))


@pytest.mark.parametrize(
    "body", [b"", b"   ", b"\xff\xfe", b"%PDF-1.7"], ids=["nothing", "blank", "bom", "pdf"]
)
async def test_what_is_no_page_says_so_or_is_empty(reader, body):
    with contextlib.suppress(ExtractError):
        assert (await reader.read(body)).text == ""


@pytest.mark.parametrize(
    ("charset", "header"),
    [("utf-8", "text/html; charset=utf-8"), ("iso-8859-1", "text/html; charset=ISO-8859-1")],
)
async def test_the_charset_of_the_header_counts(reader, charset, header):
    html = PAGE.replace("Monday", "café Ägypten").encode(charset)
    assert "café Ägypten" in (await reader.read(html, content_type=header)).text
