-- Copyright (C) s3edge authors
-- SPDX-License-Identifier: Apache-2.0

-- what anybody may read: words, checked by the model

ALTER TABLE bucket ADD COLUMN allow TEXT NOT NULL DEFAULT 'object';
