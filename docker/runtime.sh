#!/bin/sh

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0
#
# docker/runtime.sh: what the image has beside s3edge itself: nginx, the
# libraries, the user, and the folders that user writes to.

set -eu

# no service is started while packages are installed

printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

export DEBIAN_FRONTEND=noninteractive

apt-get -q update
apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends \
    nginx ca-certificates libc-ares2 libcurl4 libexpat1 libjansson4 \
    libmicrohttpd12 libsqlite3-0 libssl3 libyaml-0-2
rm -rf /var/lib/apt/lists/*

groupadd --gid 10001 s3edge
useradd --uid 10001 --gid s3edge --home-dir /var/lib/s3edge --no-create-home \
    --shell /usr/sbin/nologin s3edge

for dir in /var/cache/s3edge /var/lib/s3edge /var/log/s3edge /run/s3edge; do
    install -d -o s3edge -g s3edge -m 750 "$dir"
done
