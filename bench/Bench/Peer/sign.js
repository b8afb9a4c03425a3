/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * AWS Signature Version 4 of a GET without a query, for njs 0.7.
 */

import crypto from 'crypto';


var KEY = 'AKIAIOSFODNN7EXAMPLE';
var SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
var REGION = 'us-east-1';

/* SHA-256 of no body */
var EMPTY = 'e3b0c44298fc1c149afbf4c8996fb924'
            + '27ae41e4649b934ca495991b7852b855';
var SIGNED = 'host;x-amz-content-sha256;x-amz-date';


/* nginx's clock stands still while a request is made: all calls agree */

function date(r) {
    var text = new Date(Number(r.variables.msec) * 1000).toISOString();

    return text.substring(0, 19).replace(/[-:]/g, '') + 'Z';
}


function sha256(r) {
    return EMPTY;
}


function hmac(key, text) {
    return crypto.createHmac('sha256', key).update(text).digest();
}


function path(uri) {
    return encodeURIComponent(uri).replace(/%2F/g, '/')
        .replace(/[!'()*]/g, function (c) {
            return '%' + c.charCodeAt(0).toString(16).toUpperCase();
        });
}


function authorization(r) {
    var now = date(r);
    var day = now.substring(0, 8);
    var scope = day + '/' + REGION + '/s3/aws4_request';

    var request = 'GET\n' + path(r.uri) + '\n\nhost:' + r.variables.s3_host
                  + '\nx-amz-content-sha256:' + EMPTY + '\nx-amz-date:' + now
                  + '\n\n' + SIGNED + '\n' + EMPTY;

    var text = 'AWS4-HMAC-SHA256\n' + now + '\n' + scope + '\n'
               + crypto.createHash('sha256').update(request).digest('hex');

    var key = hmac(hmac(hmac(hmac('AWS4' + SECRET, day), REGION), 's3'),
                   'aws4_request');

    return 'AWS4-HMAC-SHA256 Credential=' + KEY + '/' + scope
           + ', SignedHeaders=' + SIGNED + ', Signature='
           + crypto.createHmac('sha256', key).update(text).digest('hex');
}


export default { authorization, date, sha256 };
