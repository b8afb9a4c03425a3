#!/bin/sh

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0
#
# docker/build.sh DEST: builds s3edge and installs it below DEST.

set -eu

cd "$(dirname "$0")/.."

make -j"$(nproc)" PREFIX=/usr all
make PREFIX=/usr DESTDIR="$1" install
