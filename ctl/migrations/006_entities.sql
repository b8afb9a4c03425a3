-- Copyright (C) s3edge authors
-- SPDX-License-Identifier: Apache-2.0

-- an entity of any kind: doc is what was said of it, as JSON, without its
-- name and without secrets, which are sealed (base/seal.h).  A member more or
-- less needs no other table

CREATE TABLE entity (
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    doc            TEXT NOT NULL,
    revision       INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    field          TEXT NOT NULL,
    sealed         BLOB NOT NULL,
    PRIMARY KEY (kind, name, field),
    FOREIGN KEY (kind, name) REFERENCES entity (kind, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- json_patch() drops what is null

INSERT INTO entity (kind, name, doc, revision, created_at)
SELECT 'bucket', name, json_patch('{}', json_object(
        'endpoint', endpoint,
        'region', region,
        'addressing', addressing,
        'origin_bucket', origin_bucket,
        'prefix', prefix,
        'anonymous', CASE credentials WHEN 'none' THEN json('true') END,
        'ttl', (SELECT CASE WHEN count(*) > 0 THEN json_group_object(
                    CASE status WHEN 0 THEN 'default' ELSE CAST(status AS TEXT)
                    END, seconds) END
                FROM bucket_ttl WHERE bucket = b.name),
        'ttl_rules', (SELECT CASE WHEN count(*) > 0 THEN json_group_array(
                    json_patch('{}', json_object('keys', pattern,
                        'ttl', seconds, 'status', NULLIF(status, 0)))) END
                FROM (SELECT pattern, seconds, status FROM bucket_ttl_key
                    WHERE bucket = b.name ORDER BY position)),
        'ttl_mode', ttl_mode,
        'store_private', CASE WHEN store_private THEN json('true') END,
        'stale_while_revalidate', stale_while_revalidate,
        'stale_if_error', stale_if_error,
        'cache_control', cache_control,
        'errors', errors,
        'allow', allow,
        'request_payer', json(request_payer),
        'accept_encoding', accept_encoding,
        'expected_owner', expected_owner,
        'cors', CASE WHEN cors IS NOT NULL THEN json(cors) END
    )), 1, created_at
FROM bucket AS b;

INSERT INTO secret (kind, name, field, sealed)
SELECT 'bucket', name, 'access_key_id', access_key FROM bucket
    WHERE access_key IS NOT NULL
UNION ALL
SELECT 'bucket', name, 'secret_access_key', secret_key FROM bucket
    WHERE secret_key IS NOT NULL
UNION ALL
SELECT 'bucket', name, 'session_token', session_token FROM bucket
    WHERE session_token IS NOT NULL;

DROP TABLE bucket_ttl_key;
DROP TABLE bucket_ttl;
DROP TABLE bucket;
