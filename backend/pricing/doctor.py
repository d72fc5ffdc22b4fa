"""Recomputes what was used of limited promotions from the trail of their uses, and names what does not agree."""

from backend.core.database import fetch

_CHECKS: dict[str, str] = {
    "its counter is not the sum of its uses": """
        SELECT p.code FROM promotion_limits l JOIN promotions p ON p.id = l.promotion_id
          LEFT JOIN (SELECT promotion_id, sum(amount) AS used FROM promotion_uses GROUP BY 1) u
            ON u.promotion_id = l.promotion_id
         WHERE l.used <> coalesce(u.used, 0)""",
    "its limits are not those of the version put on last": """
        SELECT p.code FROM promotion_limits l JOIN promotions p ON p.id = l.in_force
         WHERE p.state = 'on' AND (l.budget, l.per_customer) IS DISTINCT FROM (p.budget, p.per_customer)""",
    "more than one of its versions is on": """
        SELECT min(code) AS code FROM promotions WHERE state = 'on' AND deleted_at IS NULL
         GROUP BY coalesce(origin, id) HAVING count(*) > 1""",
}


async def faults() -> list[str]:
    """One line per kind of fault, naming up to ten promotions."""
    found = []
    for what, sql in _CHECKS.items():
        codes = [row["code"] for row in await fetch(f"{sql} ORDER BY 1 LIMIT 11")]
        if codes:
            found.append(f"promotions: {', '.join(codes[:10])}{' ...' if len(codes) > 10 else ''}: {what}")
    return found
