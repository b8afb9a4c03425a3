-- Copyright (C) s3edge authors
-- SPDX-License-Identifier: Apache-2.0

-- NULL: the setting of section cache

ALTER TABLE bucket ADD COLUMN ttl_mode TEXT NOT NULL DEFAULT 'override'
    CHECK (ttl_mode IN ('override', 'honour', 'cap'));
ALTER TABLE bucket ADD COLUMN store_private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bucket ADD COLUMN stale_while_revalidate INTEGER;
ALTER TABLE bucket ADD COLUMN stale_if_error INTEGER;
ALTER TABLE bucket ADD COLUMN cache_control TEXT;
ALTER TABLE bucket ADD COLUMN errors TEXT NOT NULL DEFAULT 'pass'
    CHECK (errors IN ('pass', 'hide'));

-- by key, in their order; status 0 is 200 and 203

CREATE TABLE bucket_ttl_key (
    bucket         TEXT NOT NULL REFERENCES bucket (name) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    pattern        TEXT NOT NULL,
    status         INTEGER NOT NULL,
    seconds        INTEGER NOT NULL,
    PRIMARY KEY (bucket, position)
) STRICT, WITHOUT ROWID;
