-- Notices: the in-app inbox and the browsers that want to be told.

CREATE TABLE notices (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_.-]{0,59}$'),
    numbers jsonb NOT NULL DEFAULT '{}',
    link text CHECK (link ~ '^/[^/\\]' OR link = '/'),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notices_user ON notices (user_id, created_at DESC, id DESC);

-- Reading a notice is a row: who saw it and when.
CREATE TABLE notice_readings (
    notice_id uuid PRIMARY KEY REFERENCES notices (id),
    read_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE push_subscriptions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    endpoint text NOT NULL CHECK (length(endpoint) <= 1000),
    p256dh text NOT NULL CHECK (length(p256dh) <= 200),
    auth text NOT NULL CHECK (length(auth) <= 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_ok_at timestamptz
);
CREATE UNIQUE INDEX push_subscriptions_endpoint ON push_subscriptions (endpoint);
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id);
