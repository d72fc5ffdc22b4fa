"""What lies in the inboxes of the cast: orders that went on, questions that wait, one already read."""

from datetime import date, timedelta

from backend.core.database import execute
from backend.demo.cast import PEOPLE
from backend.demo.seeds import moment_at


async def store_notices(*, today: date) -> None:
    """One notice for each of yesterday's orders that was decided, left or waits; the first of each reader is read.

    What the verbs themselves have told somebody while the orders were placed is not told again.
    """
    at = moment_at(today - timedelta(days=1), 70_200)
    await execute(
        """INSERT INTO notices (id, user_id, kind, numbers, link, created_at)
           SELECT uuidv7(), o.user_id, kind, jsonb_build_object('number', o.number, 'reason', o.decided_note),
                  '/orders/' || o.id, $1
             FROM orders o CROSS JOIN LATERAL (SELECT CASE o.state WHEN 'on_hold' THEN 'order.on-hold'
                  WHEN 'dispatched' THEN 'order.dispatched' WHEN 'rejected' THEN 'order.rejected' END AS kind) k
            WHERE o.ordered_on = $2 AND o.body_hash <> '' AND kind IS NOT NULL
              AND NOT EXISTS (SELECT FROM notices t
                               WHERE t.user_id = o.user_id AND t.kind = k.kind AND t.numbers ->> 'number' = o.number)
            ORDER BY o.number""",
        at, today - timedelta(days=1),
    )  # fmt: skip
    await execute(
        """INSERT INTO notices (id, user_id, kind, numbers, link, created_at)
           SELECT uuidv7(), $2, 'approval.waiting', jsonb_build_object('number', o.number), '/approvals', $1
             FROM approval_requests q JOIN orders o ON o.id = q.reference
            WHERE q.state = 'open' AND q.position_id IN (SELECT id FROM positions_below(ARRAY[2], $3))
              AND NOT EXISTS (SELECT FROM notices t WHERE t.user_id = $2 AND t.kind = 'approval.waiting'
                                 AND t.numbers ->> 'number' = o.number)
            ORDER BY o.number""",
        at, PEOPLE[1].id, today,
    )  # fmt: skip
    await execute(
        """INSERT INTO notice_readings (notice_id, read_at)
           SELECT DISTINCT ON (user_id) id, $1 FROM notices ORDER BY user_id, id""",
        at + timedelta(hours=1),
    )
