#!/usr/bin/python3

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

"""Calls methods of boto3's S3 client.

Reads from stdin a JSON object: "client" has arguments of boto3.client(),
"config" those of Config, "calls" is a list of [METHOD, {ARGUMENTS}].  Where
the argument Body is {"file": PATH}, the file is sent.  Prints a list with an
object for each call: "status", "headers", and of a body "length" and
"sha256", of a list "keys", and in "answer" what else there is; or "error",
the code; or "value", what a method returned that is no answer.
"""

import hashlib
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def digest(body):
    length, sha256 = 0, hashlib.sha256()

    for chunk in iter(lambda: body.read(1 << 20), b""):
        length += len(chunk)
        sha256.update(chunk)

    return length, sha256.hexdigest()


def call(client, method, args):
    body = args.get("Body")

    if isinstance(body, dict):
        with open(body["file"], "rb") as f:
            args["Body"] = f.read()

    try:
        answer = getattr(client, method)(**args)

    except ClientError as e:
        meta = e.response["ResponseMetadata"]

        return {
            "status": meta["HTTPStatusCode"],
            "headers": meta["HTTPHeaders"],
            "error": e.response["Error"]["Code"],
        }

    if not isinstance(answer, dict):
        return {"value": answer}

    meta = answer.pop("ResponseMetadata")
    result = {
        "status": meta["HTTPStatusCode"],
        "headers": meta["HTTPHeaders"],
    }

    if "Body" in answer:
        result["length"], result["sha256"] = digest(answer.pop("Body"))

    if "Contents" in answer:
        result["keys"] = [o["Key"] for o in answer["Contents"]]

    result["answer"] = json.dumps(answer, default=str, sort_keys=True)

    return result


def main():
    job = json.load(sys.stdin)
    config = Config(**job.get("config", {}))
    client = boto3.client("s3", config=config, **job["client"])

    json.dump([call(client, *c) for c in job["calls"]], sys.stdout)


main()
