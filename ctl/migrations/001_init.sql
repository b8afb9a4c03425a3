-- Copyright (C) s3edge authors
-- SPDX-License-Identifier: Apache-2.0

CREATE TABLE setting (
    name           TEXT PRIMARY KEY NOT NULL,
    value          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- access_key, secret_key and session_token are sealed (base/seal.h)

CREATE TABLE bucket (
    name           TEXT PRIMARY KEY NOT NULL,
    endpoint       TEXT,
    region         TEXT,
    addressing     TEXT NOT NULL CHECK (addressing IN ('path', 'virtual')),
    origin_bucket  TEXT NOT NULL,
    prefix         TEXT,
    credentials    TEXT NOT NULL
                   CHECK (credentials IN ('inherit', 'none', 'own')),
    access_key     BLOB,
    secret_key     BLOB,
    session_token  BLOB,
    created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- status 0 is the default rule

CREATE TABLE bucket_ttl (
    bucket         TEXT NOT NULL REFERENCES bucket (name) ON DELETE CASCADE,
    status         INTEGER NOT NULL,
    seconds        INTEGER NOT NULL,
    PRIMARY KEY (bucket, status)
) STRICT, WITHOUT ROWID;
