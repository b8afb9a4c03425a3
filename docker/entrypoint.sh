#!/bin/sh

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0
#
# The API listens beyond the container's loopback, so it has a token: made at
# the first start, kept in the state volume.

set -eu

token=${S3EDGE_TOKEN_FILE:-/var/lib/s3edge/api.token}

if [ ! -s "$token" ]; then
    umask 077
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "$token.new"
    mv "$token.new" "$token"
    echo "entrypoint: made a token for the API: $token" >&2
fi

umask 027

exec s3edged "$@"
