-- Copyright (C) s3edge authors
-- SPDX-License-Identifier: Apache-2.0

-- what anybody may read: words, checked by the model

ALTER TABLE bucket ADD COLUMN allow TEXT NOT NULL DEFAULT 'object';

-- what the origin is asked beside the object, and who of other origins may
-- read it: the JSON of core/cors.h

ALTER TABLE bucket ADD COLUMN request_payer TEXT NOT NULL DEFAULT 'false'
    CHECK (request_payer IN ('true', 'false'));
ALTER TABLE bucket ADD COLUMN accept_encoding TEXT
    CHECK (accept_encoding IN ('gzip'));
ALTER TABLE bucket ADD COLUMN expected_owner TEXT;
ALTER TABLE bucket ADD COLUMN cors TEXT;
