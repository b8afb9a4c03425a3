#!/usr/bin/python3

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# The s3 library and botocore sign 20,000 random requests alike.
#
# Every run has the same requests; S3EDGE_SEED=N gives others.

import glob
import os
import random
import subprocess
import sys
import tempfile
from urllib.parse import quote

try:
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print('1..0 # SKIP no botocore')
    sys.exit(0)

REQUESTS = 20000
PLAIN = 'ABCXYZabcxyz0189-._~'
SPECIAL = '+=\'()!*:@,$&%;?#[]{}<>|\\^`" /'
PARAMS = ['list-type', 'prefix', 'delimiter', 'versionId', 'partNumber',
          'uploads', 'response-content-type', 'marker', 'max-keys', 'acl',
          'a', 'A', 'a-b', 'ab', 'x-id']
HEADERS = ['Range', 'If-Match', 'if-none-match', 'Content-Type', 'x-amz-acl',
           'X-Amz-Meta-A', 'x-amz-meta-a-b', 'x-amz-meta-ab',
           'x-amz-checksum-mode', 'Cache-Control']


def random_bytes(rng, limit):
    out = b''
    for _ in range(rng.randrange(limit)):
        kind = rng.randrange(8)
        if kind < 4:
            out += rng.choice(PLAIN).encode()
        elif kind < 6:
            out += rng.choice(SPECIAL).encode()
        elif kind < 7:
            out += chr(rng.choice([0xe9, 0x5d0, 0x202e, 0x1f98a])).encode()
        else:
            out += bytes([rng.randrange(256)])
    return out


def random_key(rng):
    kind = rng.randrange(20)
    if kind == 0:
        return bytes(rng.randrange(256) for _ in range(1024))
    if kind == 1:
        return b'/'.join(rng.choice([b'', b'.', b'..', b'a', b'...'])
                         for _ in range(6))
    return random_bytes(rng, 40)


def spelling(rng, data, taken):
    """data as some client might write it; taken must be escaped"""
    out = b''
    for c in data:
        how = rng.randrange(4)
        if how == 0 or c == 0x25 or c in taken:
            out += b'%%%02x' % c if rng.randrange(2) else b'%%%02X' % c
        else:
            out += bytes([c])
    return out


def random_value(rng):
    words = [''.join(rng.choice(PLAIN + '+=/;,:"\u00e9')
                     for _ in range(rng.randrange(1, 12)))
             for _ in range(rng.randrange(4))]
    blank = rng.choice([' ', '  ', '\t', ' \t '])
    return rng.choice(['', ' ']) + blank.join(words) + rng.choice(['', '  '])


def random_query(rng, unique):
    pairs = []
    for _ in range(rng.choice([0, 0, 1, 2, 3, 8, 30])):
        name = rng.choice(PARAMS).encode()
        if rng.randrange(3) == 0:
            name = random_bytes(rng, 6)
        if unique:
            if name in dict(pairs):
                continue
        pairs.append((name, random_bytes(rng, 12)))
    if unique:
        pairs = [(n.decode('utf-8', 'ignore'), v.decode('utf-8', 'ignore'))
                 for n, v in pairs]
        pairs = [(n.encode(), v.encode()) for n, v in dict(pairs).items()]
    return pairs


def spelt_query(rng, pairs):
    pieces = []
    for name, value in pairs:
        piece = spelling(rng, name, b'&=')
        if value or not piece or rng.randrange(2):
            piece += b'=' + spelling(rng, value, b'&')
        pieces.append(piece)
    return b'&'.join(pieces)


def make_request(rng):
    """the line for our program, and the two answers of botocore"""
    form = 'query' if rng.randrange(4) == 0 else 'header'
    secret = ''.join(rng.choice(PLAIN + '+/') for _ in range(40))
    access = ''.join(rng.choice(PLAIN + '+/') for _ in range(20))
    token = ''
    if rng.randrange(3) == 0:
        token = ''.join(rng.choice(PLAIN + '+/=')
                        for _ in range(rng.randrange(1, 400)))
    region = rng.choice(['us-east-1', 'eu-central-1', 'us-gov-west-1', 'r'])
    date = '%04d%02d%02dT%02d%02d%02dZ' % (
        rng.randrange(1970, 2200), rng.randrange(1, 13), rng.randrange(1, 29),
        rng.randrange(24), rng.randrange(60), rng.randrange(60))
    method = rng.choice(['GET', 'GET', 'GET', 'HEAD', 'PUT', 'DELETE', 'POST'])
    key = b'/' + random_key(rng)
    pairs = random_query(rng, form == 'query')
    expires = rng.randrange(1, 604801)
    body = random_bytes(rng, 50) if form == 'header' else b''
    host = rng.choice(['127.0.0.1:9000', 's3.example.com',
                       'b.s3.eu-central-1.amazonaws.com:8443'])

    url = 'http://' + host + quote(key, safe='-._~/')
    if pairs:
        url += '?' + '&'.join(quote(n, safe='-._~') + '='
                              + quote(v, safe='-._~') for n, v in pairs)

    request = AWSRequest(method=method, url=url, data=body)
    request.context['timestamp'] = date
    request.context['payload_signing_enabled'] = rng.randrange(2) == 1
    headers = [('Host', host)]
    for _ in range(rng.randrange(6)):
        headers.append((rng.choice(HEADERS), random_value(rng)))
    for name, value in headers:
        request.headers[name] = value

    credentials = Credentials(access, secret, token or None)
    if form == 'header':
        auth = S3SigV4Auth(credentials, 's3', region)
    else:
        auth = S3SigV4QueryAuth(credentials, 's3', region, expires)
    auth._modify_request_before_signing(request)

    payload = 'UNSIGNED-PAYLOAD'
    if form == 'header':
        payload = request.headers['X-Amz-Content-SHA256']
        headers += [('X-Amz-Date', date), ('x-amz-content-sha256', payload)]
        if token:
            headers.append(('X-Amz-Security-Token', token))
        rng.shuffle(headers)
        # values of one name keep the order that botocore was given
        for name in {n.lower() for n, _ in headers}:
            places = [i for i, h in enumerate(headers) if h[0].lower() == name]
            ours = request.headers.get_all(name)
            for i, value in zip(places, ours):
                headers[i] = (headers[i][0], value)

    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    want = (to_sign.rsplit('\n', 1)[1], auth.signature(to_sign, request))

    fields = [form, secret, access, region, date, method,
              spelling(rng, key, b'?#'), spelt_query(rng, pairs), payload,
              token, str(expires)]
    for name, value in headers:
        fields += [name, value]

    line = ' '.join((f if isinstance(f, bytes) else f.encode()).hex() or '-'
                    for f in fields)
    return form, line, want, canonical


def build(folder):
    top = os.environ.get('S3EDGE_TOP') or os.path.dirname(
        os.path.dirname(os.path.abspath(__file__)))
    library = os.path.join(top, 'ngx_s3edge_module', 's3')
    program = os.path.join(folder, 'sign')
    subprocess.run([os.environ.get('CC', 'cc'), '-O1', '-std=c11',
                    '-D_GNU_SOURCE', '-I' + library, '-o', program,
                    os.path.join(top, 't', 'sigv4', 'sign.c')]
                   + sorted(glob.glob(os.path.join(library, '*.c')))
                   + ['-lcrypto'], check=True)
    return program


def main():
    seed = int(os.environ.get('S3EDGE_SEED', '20130524'))
    rng = random.Random(seed)
    made = [make_request(rng) for _ in range(REQUESTS)]

    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        run = subprocess.run([program],
                             input='\n'.join(m[1] for m in made).encode(),
                             stdout=subprocess.PIPE)
    got = [tuple(line.split()) for line in run.stdout.decode().splitlines()]

    print('1..3')
    passed = run.returncode == 0 and len(got) == REQUESTS
    print('%s 1 - %d requests signed' % ('ok' if passed else 'not ok',
                                         len(got)))

    for number, form in ((2, 'header'), (3, 'query')):
        count = sum(1 for m in made if m[0] == form)
        wrong = [(m, g) for m, g in zip(made, got)
                 if m[0] == form and m[2] != g]
        ok = passed and not wrong and count > REQUESTS / 10
        print('%s %d - %d requests, %s form, as botocore signs them'
              % ('ok' if ok else 'not ok', number, count, form))
        for (_, line, want, canonical), answer in wrong[:3]:
            print('# seed %d, line %s' % (seed, line))
            print('# got %r, not %r, of %r' % (answer, want, canonical))
        passed = passed and ok

    return 0 if passed else 1


if __name__ == '__main__':
    sys.exit(main())
