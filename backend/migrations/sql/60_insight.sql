-- Insight reads everything below and writes nothing there. What it adds is what its reports are shaped by.

CREATE INDEX insight_orders_day ON orders (ordered_on, position_id);

-- An amount in minor units of its currency as minor units of the company's, at the rate of the day: rounded half away from
-- zero once, per document. NULL where nobody entered a rate: the report refuses then, it never leaves money out.
CREATE FUNCTION insight_company_amount(amount bigint, of_currency text, on_day date, company text) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN of_currency = company THEN amount ELSE (
        SELECT (sign(amount) * div(2 * abs(amount)::numeric * r.num * 10::numeric ^ c.minor_digits
                                   + r.den * 10::numeric ^ f.minor_digits,
                                   2 * r.den * 10::numeric ^ f.minor_digits))::bigint
          FROM currency_rates r JOIN currencies f ON f.code = of_currency JOIN currencies c ON c.code = company
         WHERE r.currency = of_currency AND r.from_on <= on_day ORDER BY r.from_on DESC LIMIT 1) END
$$;

-- Which orders are revenue. A submitted or held order is not yet one, a cancelled or rejected one no longer.
CREATE FUNCTION insight_is_revenue(state text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT state IN ('confirmed', 'picking', 'picked', 'dispatched')
$$;
