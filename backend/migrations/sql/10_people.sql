-- Floor 1: users, the effective-dated reporting line, sessions and devices.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    login text NOT NULL UNIQUE CHECK (login = lower(login)),
    name text NOT NULL,
    phone text,
    language text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en')),
    password_hash text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    version int NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE TABLE user_roles (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('admin', 'manager', 'rep', 'accountant', 'warehouse', 'guard')),
    PRIMARY KEY (user_id, role)
);

-- A position is a place in the company, not a person: customers belong to positions, people are granted them.
-- Its id is the key every synced row carries; 0 means everyone.
CREATE TABLE positions (
    id int PRIMARY KEY CHECK (id > 0),
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('company', 'region', 'team', 'rep')),
    active boolean NOT NULL DEFAULT true
);
CREATE TABLE reporting_lines (
    position_id int NOT NULL REFERENCES positions,
    parent_id int REFERENCES positions,
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to > valid_from),
    PRIMARY KEY (position_id, valid_from),
    CHECK (parent_id <> position_id)
);
CREATE UNIQUE INDEX reporting_lines_open ON reporting_lines (position_id) WHERE valid_to IS NULL;
CREATE INDEX reporting_lines_parent ON reporting_lines (parent_id);
CREATE TABLE position_grants (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    position_id int NOT NULL REFERENCES positions,
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to > valid_from),
    granted_by uuid
);
CREATE INDEX position_grants_user ON position_grants (user_id);
CREATE INDEX position_grants_position ON position_grants (position_id);

CREATE TABLE devices (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    name text NOT NULL DEFAULT '',
    app text,
    schema_version int,
    acked_n bigint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked', 'wipe')),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    called_before timestamptz
);
COMMENT ON COLUMN devices.called_before IS 'the last contact before this one; calls less than a minute apart are one contact';
CREATE INDEX devices_user ON devices (user_id);
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    device_id uuid REFERENCES devices,
    csrf text NOT NULL,
    address text,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_device ON sessions (device_id);
CREATE TABLE login_attempts (
    id uuid PRIMARY KEY,
    login text NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL,
    succeeded boolean NOT NULL
);
CREATE INDEX login_attempts_login ON login_attempts (login, at);
CREATE INDEX login_attempts_address ON login_attempts (address, at);

-- The reporting line on a day: every pair (above, below), each position below itself.
-- A cycle cannot be saved (people/reporting.py), and UNION would end the walk even if one were.
CREATE FUNCTION positions_below(roots int[], on_day date) RETURNS TABLE (id int) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE below AS (
        SELECT unnest(roots) AS id
        UNION
        SELECT line.position_id FROM reporting_lines line JOIN below ON line.parent_id = below.id
         WHERE line.valid_from <= on_day AND (line.valid_to IS NULL OR on_day < line.valid_to)
    )
    SELECT id FROM below
$$;
