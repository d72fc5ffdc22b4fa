"""Price books for phones: the shelf cut down to what one person may sell, versioned by its own text.

A book holds no cost, no floor price, no rule for somebody else's customer, and no list that none of these customers can
reach. A promotion whose budget is used up is in no book; one that some of the customers have had often enough leaves
them out, and `limits` says how often that is.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from backend.core import database as db
from backend.core.clock import now
from backend.pricing.choices import left_out, stem
from backend.pricing.limits import Limit, Standing, refusing, without_customers
from backend.pricing.shelf import Kept, Shelf
from backend.pricing.spending import reached

Raw = dict[str, Any]
KEPT = 64
NOTED_EVERY = timedelta(hours=1)


class Spent(NamedTuple):
    """What promotions have no more of: those whose budget is used up, and by code who has had them often enough."""

    gone: frozenset[str] = frozenset()
    had: Mapping[str, Sequence[str]] = {}


async def spent_for(shelf: Shelf, customers: Mapping[str, Raw]) -> Spent:
    """How the shelf's limited promotions stand for these customers; no statement while there are none."""
    if not shelf.limits:
        return NOTHING_SPENT
    found = await reached({limit.root for limit in shelf.limits.values()}, customers)
    gone, had = set(), {}
    for code, limit in shelf.limits.items():
        known = found.get(limit.root)
        if known is None:
            continue
        if refusing(Limit(limit.root, limit.budget), Standing(known.used), limit.least):
            gone.add(code)
        elif known.had:
            had[code] = known.had
    return Spent(frozenset(gone), had)


NOTHING_SPENT: Final = Spent()


def cut_book(shelf: Shelf, customers: Mapping[str, Raw], spent: Spent = NOTHING_SPENT) -> Raw:
    """The shelf for these customers (id -> facts in the book's format)."""
    groups = {group for facts in customers.values() for group in facts.get("groups", ())}
    carried = {code: one for code, one in shelf.raw["customer_groups"].items() if code in groups}
    lists = _reachable(shelf.raw, _roots(shelf.raw, customers, carried), customers, groups)
    promotions = [
        without_customers(one, spent.had.get(stem(one["id"]), ()))
        for every in left_out(shelf.raw["promotions"], spent.gone)
        if (one := _for_them(every, customers, groups)) is not None
    ]
    limits = {
        code: shelf.limits[code].per_customer
        for code in sorted({stem(one["id"]) for one in promotions} & set(spent.had))
    }
    return {
        **shelf.raw,
        "customers": customers,
        "customer_groups": carried,
        "price_lists": lists,
        "list_names": {code: name for code, name in shelf.raw["list_names"].items() if code in lists},
        "promotions": promotions,
        **({"limits": limits} if limits else {}),
    }


def _roots(raw: Raw, customers: Mapping[str, Raw], carried: Mapping[str, Raw]) -> list[str]:
    named: list[str | None] = [raw.get("default_price_list")]
    named += [facts.get("price_list") for facts in customers.values()]
    named += [group["price_list"] for group in carried.values()]
    return sorted({code for code in named if code is not None})


def _reachable(raw: Raw, roots: Iterable[str], customers: Mapping[str, Raw], groups: set[str]) -> Raw:
    """The lists one can come to from these, each with the rules that may concern these customers."""
    found: Raw = {}
    waiting = list(roots)
    while waiting:
        code = waiting.pop()
        if code in found or code not in raw["price_lists"]:
            continue
        rules = [
            rule
            for rule in raw["price_lists"][code]["rules"]
            if rule.get("customer", "") in customers or "customer" not in rule
            if rule.get("customer_group", "") in groups or "customer_group" not in rule
        ]
        found[code] = {**raw["price_lists"][code], "rules": rules}
        bases = {str(rule["price"].get("base", "")) for rule in rules}
        waiting += sorted(base.removeprefix("list:") for base in bases if base.startswith("list:"))
    return found


def _for_them(promotion: Raw, customers: Mapping[str, Raw], groups: set[str]) -> Raw | None:
    """A promotion without the names of others' customers; None when it concerns none of these."""
    scope = promotion.get("scope") or {}
    if "customer_groups" in scope and groups.isdisjoint(scope["customer_groups"]):
        return None
    if "customers" not in scope:
        return promotion
    theirs = [code for code in scope["customers"] if code in customers]
    return {**promotion, "scope": {**scope, "customers": theirs}} if theirs else None


def canonical(value: object) -> bytes:
    """The one JSON text of a value: keys in order, no blanks. A book's version is the sha256 of it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


async def keep_book(shelf: Shelf, customers: Mapping[str, Raw]) -> tuple[str, bytes]:
    """The version and JSON text of the book for these customers; made and stored once while nothing changes.

    `price_books.given_at` follows, to the hour, the last time anybody was told that this book is the one in force: the
    age of a promise counts from there, not from the day the lists happened to change last.
    """
    spent = await spent_for(shelf, customers)
    key = hashlib.sha256(canonical([customers, sorted(spent.gone), spent.had])).hexdigest()
    kept, at = shelf.books.get(key), now()
    if kept is None:
        book = canonical(cut_book(shelf, customers, spent))
        kept = Kept(hashlib.sha256(book).hexdigest(), zlib.compress(book), at)
        await db.execute(
            """INSERT INTO price_books (version, book, mark, built_at, given_at) VALUES ($1, $2, $3, $4, $4)
               ON CONFLICT (version) DO UPDATE SET mark = excluded.mark, given_at = excluded.given_at""",
            kept.version, kept.packed, shelf.mark, at,
        )  # fmt: skip
        while len(shelf.books) >= KEPT:
            shelf.books.pop(next(iter(shelf.books)))
        shelf.books[key] = kept
    elif at - kept.noted_at > NOTED_EVERY:
        await db.execute("UPDATE price_books SET given_at = $2 WHERE version = $1", kept.version, at)
        shelf.books[key] = kept._replace(noted_at=at)
    return kept.version, kept.packed


async def stored_book(version: str) -> Raw | None:
    """A book some phone once fetched, to compute its prices again; None when it was never given out."""
    packed = await db.fetch_value("SELECT book FROM price_books WHERE version = $1", version)
    if packed is None:
        return None
    book: Raw = json.loads(zlib.decompress(packed))
    return book


async def old_books(before: datetime) -> list[str]:
    """Versions nobody was given since a moment."""
    rows = await db.fetch("SELECT version FROM price_books WHERE given_at < $1 ORDER BY version", before)
    return [row["version"] for row in rows]


async def forget_books(versions: Sequence[str], before: datetime) -> None:
    """Throw these books away, but none that was given out again since `before`. The caller knows what needs them."""
    await db.execute(
        "DELETE FROM price_books WHERE version = ANY($1::text[]) AND given_at < $2", list(versions), before
    )
