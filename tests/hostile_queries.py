"""Queries that fill the limits of the parser, and texts that make the most of them. Written for these tests."""

from itertools import count, cycle, product
from string import ascii_lowercase

from streams.core.query import MAX_BYTES, MAX_CLAUSES


def filled(parts, joined=" OR ", *, clauses=1):
    """As many of the parts as one query may hold, each of so many words and fields."""
    taken, size = [], 0
    for part in parts:
        size += len((joined + part).encode())
        if size > MAX_BYTES or (len(taken) + 1) * clauses > MAX_CLAUSES:
            break
        taken.append(part)
    return joined.join(taken)


PAIRS = [a + b for a, b in product(ascii_lowercase, repeat=2)]
COSTLY = {
    "NEAR, one word": filled((f"(a NEAR/{n} a)" for n in count(1)), clauses=2),
    "NEAR, two words": filled((f"(a NEAR/{n} b)" for n in count(1)), " ", clauses=2),
    "NEAR, beginnings": filled((f"(a* NEAR/{n} b*)" for n in count(1)), clauses=2),
    "NEAR, phrases": filled((f'("{"a " * 20}" NEAR/{n} "{"a " * 20}")' for n in count(1)), clauses=2),
    "NEAR, characters": filled((f"(人 NEAR/{n} 人人)" for n in count(1)), clauses=2),
    "NEAR, a field": filled((f"text:(a NEAR/{n} b)" for n in count(1)), clauses=2),
    "NEAR, nowhere": filled((f"(a NEAR/{n} zz)" for n in count(1)), clauses=2),
    "one word": filled("a" for _ in count()),
    "beginnings": filled(f"{'a' * n}*" for n in count(1)),
    "beginnings of fields": filled(f"{f}:{'a' * n}*" for n in count(1) for f in ("title", "summary", "text")),
    "beginnings of values": filled(f"category:{letter}*" for letter in cycle(ascii_lowercase)),
    "phrases of one word": filled(f'"{"a " * n}"' for n in range(2, 100)),
    "phrases that miss": filled(f'"{"a " * n}b"' for n in range(99, 1, -1)),
    "phrases with beginnings": filled(f'"{"a " * 7}{pair}"*' for pair in PAIRS),
    "runs of characters": filled("人" * n for n in range(98, 1, -1)),
    "nested NOT": "-(a " * 50 + "b" + ")" * 50,
    "nested OR": "(a OR (a b) " * 25 + "b" + ")" * 25,
    "nested NEAR": "-(a NEAR/9 b " * 50 + "b" + ")" * 50,
    "none of": filled((f"-(a {pair})" for pair in PAIRS), " ", clauses=2),
    "negations": "NOT " * 1000 + "a",
    "signs": "-" * (MAX_BYTES - 1) + "a",
    "long word": "a" * MAX_BYTES,
    "not a pattern": "a" * 4000 + "!",
    "everything": filled("text:a*" if n else "*" for n in count()),
}


def texts(length):
    """Texts of about so many characters."""
    half = length // 2
    return {
        "one word": "a " * half,
        "two words": "a b " * (half // 2),
        "halves": "a " * (half // 2) + "b " * (half // 2),
        "phrases almost": ("a " * 7 + "x ") * (half // 8),
        "many words": " ".join("".join(letters) for letters in product(ascii_lowercase, repeat=3))[:length],
        "one long word": "a" * length,
        "far apart": "a " * 7 + "." * length + " a" * 7,
        "characters": "人" * length,
        "marks": "a" + "\u0300" * length + " a",
        "what becomes long": "\ufdfa a " * (length // 4),
    }
