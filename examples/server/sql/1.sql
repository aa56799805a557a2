-- The schema, version 1. Every statement runs on SQLite and on PostgreSQL.
-- `{columns}` stands for the columns of the crate: those of a lifecycle, and those of the record that a step changes.

CREATE TABLE sandbox (
    id TEXT PRIMARY KEY,
    {columns},
    -- The rest of the record as JSON: what changes only by an edit.
    record TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    -- The sandbox that it is linked to and destroyed with. (`parent_id`, one of the crate's columns, is that of a fork.)
    owner_id TEXT,
    -- When the clock looks at it next; null if no timer is armed.
    next_deadline TIMESTAMPTZ,
    -- When the controller looks at it next, if it needs a pass.
    pass_at TIMESTAMPTZ NOT NULL
);

CREATE UNIQUE INDEX sandbox_name ON sandbox (organization_id, name);

CREATE INDEX sandbox_created_at ON sandbox (created_at, id);

CREATE INDEX sandbox_next_deadline ON sandbox (next_deadline);

-- Few rows need a pass at a time, so the index is small however large the fleet is.
CREATE INDEX sandbox_needs_reconcile ON sandbox (pass_at)
WHERE pending OR must_ask OR must_ask_store OR repair IS NOT NULL
   OR (desired_state = 'archived' AND state IN ('archiving', 'stopped', 'error'))
   OR (desired_state = 'destroyed' AND state IN ('error', 'build_failed'));

CREATE INDEX sandbox_runner_id ON sandbox (runner_id) WHERE runner_id IS NOT NULL;

-- The live children of a fork are counted for each decision about their parent.
CREATE INDEX sandbox_parent_id ON sandbox (parent_id) WHERE parent_id IS NOT NULL;

CREATE INDEX sandbox_owner_id ON sandbox (owner_id) WHERE owner_id IS NOT NULL;

-- What a step sends, stored in the transaction that writes the step. It outlives the record of its sandbox.
CREATE TABLE outbox (
    sandbox_id TEXT NOT NULL,
    -- The entry's key, as text: what is sent twice has one key.
    key TEXT NOT NULL,
    -- `call`, `remove`, `release`, `discard` or `event`.
    kind TEXT NOT NULL,
    -- The runner that it is sent to, if any.
    runner_id TEXT,
    entry TEXT NOT NULL,
    -- What a call needs and its message does not hold.
    details TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    -- When it is sent next. Null for what is done and kept: a delivered event, so that its key is not used again, and a
    -- release that its runner has acknowledged, so that the sandbox is not placed on the disk that it left there.
    send_at TIMESTAMPTZ,
    PRIMARY KEY (sandbox_id, key)
);

CREATE INDEX outbox_send_at ON outbox (send_at) WHERE send_at IS NOT NULL;

-- What was delivered is pruned by its age.
CREATE INDEX outbox_delivered ON outbox (created_at) WHERE send_at IS NULL AND kind = 'event';

-- What a runner is owed: its removals and releases. A record is purged only when none of its sandbox is left.
CREATE INDEX outbox_departures ON outbox (runner_id, sandbox_id) WHERE kind IN ('remove', 'release');

CREATE TABLE runner (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    -- Names the start of its process, and numbers what was sent to it: see `Welcome`.
    instance TEXT NOT NULL,
    session BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    -- An operator has declared it gone, after fencing its machine.
    gone BOOLEAN NOT NULL,
    -- An operator empties it: nothing is placed on it.
    draining BOOLEAN NOT NULL
);
