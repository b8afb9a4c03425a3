-- Copyright (C) s3edge authors
-- SPDX-License-Identifier: Apache-2.0

-- changes of what is wanted, in their order.  generation is the number with
-- which nginx ran it first; undoes is the revision that failed

CREATE TABLE revision (
    n              INTEGER PRIMARY KEY NOT NULL,
    at             INTEGER NOT NULL,
    actor          TEXT NOT NULL,
    address        TEXT,
    client         TEXT,
    message        TEXT,
    state          TEXT NOT NULL CHECK (state IN ('pending', 'applied',
                                                  'failed', 'superseded')),
    ended_at       INTEGER,
    generation     INTEGER,
    undoes         INTEGER,
    error          TEXT
) STRICT;

CREATE INDEX revision_pending ON revision (n) WHERE state = 'pending';

-- before and after are JSON documents, NULL where there is none; their
-- secrets are sealed

CREATE TABLE revision_change (
    revision       INTEGER NOT NULL REFERENCES revision (n) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    before         TEXT,
    after          TEXT,
    PRIMARY KEY (revision, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX revision_change_name ON revision_change (kind, name, revision);
