/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Sends commands of @aws-sdk/client-s3, found through NODE_PATH.
 *
 * Reads from stdin a JSON object: "client" has arguments of S3Client, "calls"
 * is a list of [COMMAND, {INPUT}], and ["presigned", {INPUT}] for a GetObject
 * by a URL.  Prints a list with an object for each call: "status", and of a
 * body "length" and "sha256", of a list "keys" or "buckets"; "cache" is the
 * X-Cache of what came by a URL; or "error", the name.
 */

'use strict';

const crypto = require('crypto');
const fs = require('fs');

const s3 = require('@aws-sdk/client-s3');
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner');


function digest(result, body) {
    const hash = crypto.createHash('sha256');

    result.length = body.length;
    result.sha256 = hash.update(body).digest('hex');

    return result;
}


async function presigned(client, input) {
    const url = await getSignedUrl(client, new s3.GetObjectCommand(input));
    const answer = await fetch(url);
    const body = Buffer.from(await answer.arrayBuffer());

    return digest({
        status: answer.status,
        cache: answer.headers.get('x-cache'),
    }, body);
}


async function call(client, name, input) {
    let answer;

    if (name === 'presigned') {
        return presigned(client, input);
    }

    try {
        answer = await client.send(new s3[name + 'Command'](input));

    } catch (e) {
        return {
            status: e.$metadata ? e.$metadata.httpStatusCode : 0,
            error: e.name,
        };
    }

    const result = { status: answer.$metadata.httpStatusCode };

    if (answer.ContentLength !== undefined) {
        result.length = answer.ContentLength;
    }

    if (answer.Body) {
        digest(result, await answer.Body.transformToByteArray());
    }

    if (answer.Contents) {
        result.keys = answer.Contents.map((o) => o.Key);
    }

    if (answer.Buckets) {
        result.buckets = answer.Buckets.map((b) => b.Name);
    }

    return result;
}


async function main() {
    const job = JSON.parse(fs.readFileSync(0));
    const client = new s3.S3Client(job.client);
    const results = [];

    for (const [name, input] of job.calls) {
        results.push(await call(client, name, input));
    }

    process.stdout.write(JSON.stringify(results));
    client.destroy();
}


main().catch((e) => {
    console.error(e);
    process.exitCode = 1;
});
