#!/usr/bin/python3

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

"""Puts objects into the origin and reads them through the edge.

Reads from stdin a JSON object: "origin" has arguments of boto3.client(),
"bucket" is the bucket's name on both sides, "edges" are HOST:PORT of servers
that share a cache, "keys" is a list of [NAME, KEY, OTHER_PATH, ...], "random"
is how many keys to make beside them, from "seed".

Each key is read as clients send it, then by its other paths, all of it in
exact bytes.  Prints a line [NAME, WHAT] of JSON for each key, in order: WHAT
is "ok", or what was not as it should be.
"""

import hashlib
import http.client
import json
import random
import sys
import urllib.parse

import boto3
from botocore.config import Config

PIECES = [
    "/", "//", "/", ".", "..", "/./", "/../", "a", "B", "7", "key", "dir/",
    "-", "_", "~", "+", "=", "'", "(", ")", "!", "*", ":", "@", ",", "$", "&",
    ";", "?", "#", "[", "]", "{", "}", "|", "\\", "^", "`", '"', "<", ">",
    "%", "%2F", "%41", "%00", "%zz", " ", "\t", "\n", "\r", "\x01", "\x1f",
    "\x7f", "\x80", "é", "ß", "日本", "\u202e", "\u200f", "\ufeff", "😀", "\u0301",
]


class Connection(http.client.HTTPConnection):

    # a path may have raw bytes above 127

    def _encode_request(self, request):
        return request.encode("latin-1")


def climbs(path):
    depth = 0

    for segment in path.split("/")[1:]:
        if segment == "..":
            depth -= 1
        elif segment != ".":
            depth += 1

        if depth < 0:
            return True

    return False


def random_keys(count, seed, taken):
    rng = random.Random(seed)

    while count:
        key = "".join(rng.choices(PIECES, k=rng.choice([1, 3, 8, 20, 60])))

        if rng.random() < 0.03:
            key = (key * 1024)[:1024]

        while len(key.encode()) > 1024:
            key = key[:-1]

        # nginx answers 400 to what climbs above the root

        if key not in taken and not climbs("/bucket/" + key):
            taken.add(key)
            count -= 1
            yield [f"random {key[:60]!a}", key]


def ask(conn, method, path, **headers):
    conn.request(method, path, headers=headers)
    answer = conn.getresponse()

    return answer, answer.read()


class Wrong(Exception):
    pass


def expect(conn, path, body, cache, method="GET", span=None):
    headers, want = {}, body

    if span:
        headers["Range"] = "bytes=" + span
        first, last = span.split("-")
        want = body[int(first):int(last) + 1] if first else body[-int(last):]

    answer, got = ask(conn, method, path, **headers)
    seen = (answer.status, answer.getheader("X-Cache"))
    what = f"{method} {path[:200]} {span or ''}"

    if seen != (206 if span else 200, cache):
        raise Wrong(f"{what}: {seen}, not {cache}; {got[:200]}")

    if method == "HEAD":
        if got or int(answer.getheader("Content-Length")) != len(body):
            raise Wrong(f"{what}: length {answer.getheader('Content-Length')}")

    elif got != want:
        raise Wrong(f"{what}: {len(got)} bytes, not the {len(want)} put")


def read(conns, bucket, n, key, others, body):
    conn = conns[0]
    path = f"/{bucket}/" + urllib.parse.quote(key, safe="/~")

    if n % 2:
        expect(conn, path, body, "MISS", method="HEAD")
        expect(conn, path, body, "MISS")
    else:
        expect(conn, path, body, "MISS", span="2-5")

    expect(conn, path, body, "HIT")
    expect(conn, path, body, "HIT", method="HEAD")
    expect(conn, path, body, "HIT", span="1-6")
    expect(conn, path, body, "HIT", span="-3")

    for other in others:
        other = other.encode().decode("latin-1")
        expect(conn, f"/{bucket}/{other}", body, "HIT")

    for conn in conns[1:]:
        expect(conn, path, body, "HIT")


def main():
    job = json.load(sys.stdin)
    bucket = job["bucket"]
    origin = boto3.client("s3", config=Config(
        s3={"addressing_style": "path"}, read_timeout=20,
        retries={"max_attempts": 0}), **job["origin"])

    rows = job["keys"]
    rows += random_keys(job["random"], job["seed"], {r[1] for r in rows})

    conns = [Connection(e, timeout=20) for e in job["edges"]]

    for n, (name, key, *others) in enumerate(rows):
        body = hashlib.shake_256(key.encode()).digest(8 + n * 7)

        try:
            origin.put_object(Bucket=bucket, Key=key, Body=body)
            read(conns, bucket, n, key, others, body)
            what = "ok"

        except Exception as e:  # each key has a line, whatever happens
            what = f"{type(e).__name__}: {e}"

            for conn in conns:
                conn.close()

        print(json.dumps([name, what]), flush=True)


main()
