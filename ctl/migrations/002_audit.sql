-- Copyright (C) s3edge authors
-- SPDX-License-Identifier: Apache-2.0

-- arguments are JSON, and have no secret

CREATE TABLE audit (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    actor          TEXT NOT NULL,
    address        TEXT,
    client         TEXT,
    action         TEXT NOT NULL,
    arguments      TEXT NOT NULL,
    result         TEXT NOT NULL
) STRICT;
