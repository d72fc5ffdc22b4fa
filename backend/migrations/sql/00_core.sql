-- Floor 0: the audit trail and helpers every slice uses.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE audit (
    id uuid PRIMARY KEY,
    n bigint NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    action text NOT NULL,
    actor_id uuid,
    at timestamptz NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    prev_hash bytea,
    hash bytea NOT NULL,
    UNIQUE (entity, entity_id, n)
);

CREATE FUNCTION audit_hash(a audit) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(a.prev_hash, ''::bytea) || convert_to(
        concat_ws('|', a.id, a.n, a.entity, a.entity_id, a.action, a.actor_id,
                  to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), a.details::text), 'UTF8'))
$$;

-- The chain is one per entity: a document's own lock already puts its entries in order, so no global lock is needed.
-- A connection plans the search once, perhaps while the trail is still short: never as a scan of what will be long.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    SELECT n, hash INTO NEW.n, NEW.prev_hash FROM audit
     WHERE entity = NEW.entity AND entity_id = NEW.entity_id ORDER BY audit.n DESC LIMIT 1;
    NEW.n := coalesce(NEW.n, 0) + 1;
    NEW.hash := ''::bytea;
    NEW.hash := audit_hash(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Decimal text of an integer in units of 10^-digits, as the wire wants it: (7200000000, 6) -> '7200'.
CREATE FUNCTION decimal_text(value bigint, digits int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN digits = 0 THEN value::text ELSE trim_scale(value::numeric / (10::numeric ^ digits))::text END
$$;
