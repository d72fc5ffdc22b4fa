-- Floor 4: questions that need a person's yes, and the answers given. Keyed by a reference (the document asked about) and
-- by the position it belongs to, so approvals never learn what an order is and scope stays one predicate.

CREATE TABLE approval_requests (
    id uuid PRIMARY KEY,
    reference uuid NOT NULL,
    event text NOT NULL CHECK (event ~ '^[a-z]+\.[a-z_]+$'),
    position_id int NOT NULL REFERENCES positions (id),
    requested_by uuid NOT NULL REFERENCES users (id),
    requested_at timestamptz NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn')),
    version int NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX approval_requests_one_open ON approval_requests (reference, event) WHERE state = 'open';
CREATE INDEX approval_requests_reference ON approval_requests (reference);
CREATE INDEX approval_requests_open ON approval_requests (position_id, requested_at) WHERE state = 'open';
CREATE INDEX approval_requests_requested_by ON approval_requests (requested_by);

CREATE TABLE approval_decisions (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES approval_requests (id),
    verdict text NOT NULL CHECK (verdict IN ('approve', 'reject')),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    decided_by uuid NOT NULL REFERENCES users (id),
    decided_at timestamptz NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX approval_decisions_request ON approval_decisions (request_id);
CREATE INDEX approval_decisions_decided_by ON approval_decisions (decided_by);
CREATE TRIGGER approval_decisions_append_only BEFORE UPDATE OR DELETE ON approval_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approval_decisions_no_truncate BEFORE TRUNCATE ON approval_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION approval_ask(p_id uuid, p_reference uuid, p_event text, p_position int, p_by uuid, p_facts jsonb,
                             p_at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO approval_requests (id, reference, event, position_id, requested_by, requested_at, facts, changed_at,
                                   created_by)
    VALUES (p_id, p_reference, p_event, p_position, p_by, p_at, p_facts, p_at, p_by)
$$;
