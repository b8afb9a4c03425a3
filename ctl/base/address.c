
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"


static void address_unwrap(address_t *address);
static bool address_of(const struct sockaddr *sa, address_t *ret_address);


/* as "prefix/bits" */

static const struct {
    unsigned char    bytes[16];
    size_t           len;
    unsigned         bits;
} address_locals[] = {
    { { 169, 254 }, 4, 16 },
    { { 0xfe, 0x80 }, 16, 10 },

    /* metadata: of AWS by IPv6 (IMDS, ECS, EKS), Alibaba, Azure, Oracle */

    { { 0xfd, 0x00, 0x0e, 0xc2 }, 16, 112 },
    { { 100, 100, 100, 200 }, 4, 32 },
    { { 168, 63, 129, 16 }, 4, 32 },
    { { 192, 0, 0, 192 }, 4, 32 }
};


/* an IPv6 address that ends in an IPv4 one */

static const unsigned char  address_wraps[][12] = {
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff },
    { 0, 0x64, 0xff, 0x9b }
};


bool
address_parse(const char *text, size_t len, address_t *ret_address)
{
    char  name[ADDRESS_TEXT_MAX];

    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }

    if (len >= sizeof(name)) {
        return false;
    }

    memcpy(name, text, len);
    name[len] = '\0';

    if (inet_pton(AF_INET, name, ret_address->bytes) == 1) {
        ret_address->len = 4;
        return true;
    }

    if (inet_pton(AF_INET6, name, ret_address->bytes) == 1) {
        ret_address->len = 16;
        address_unwrap(ret_address);
        return true;
    }

    return false;
}


static void
address_unwrap(address_t *address)
{
    size_t  i;

    for (i = 0; i < sizeof(address_wraps) / sizeof(address_wraps[0]); i++) {
        if (memcmp(address->bytes, address_wraps[i], 12) == 0) {
            memmove(address->bytes, address->bytes + 12, 4);
            address->len = 4;
            return;
        }
    }
}


static bool
address_begins(const address_t *address, const unsigned char *bytes,
    size_t len, unsigned bits)
{
    size_t    whole;
    unsigned  mask;

    whole = bits / 8;
    mask = 0xff00u >> (bits % 8) & 0xff;

    return address->len == len
           && memcmp(address->bytes, bytes, whole) == 0
           && (mask == 0
               || (address->bytes[whole] & mask) == (bytes[whole] & mask));
}


bool
address_is_loopback(const address_t *address)
{
    static const unsigned char  v4[] = { 127 };
    static const unsigned char  v6[16] = { [15] = 1 };

    return address_begins(address, v4, 4, 8)
           || address_begins(address, v6, 16, 128);
}


bool
address_is_link_local(const address_t *address)
{
    size_t  i;

    for (i = 0; i < sizeof(address_locals) / sizeof(address_locals[0]); i++) {
        if (address_begins(address, address_locals[i].bytes,
                           address_locals[i].len, address_locals[i].bits))
        {
            return true;
        }
    }

    return false;
}


bool
address_is_own(const address_t *address)
{
    bool             own;
    address_t        other;
    struct ifaddrs  *all, *one;

    static const unsigned char  any[16] = { 0 };

    /* 0.0.0.0/8 is "this host on this network" */

    if (address_is_loopback(address) || address_begins(address, any, 4, 8)
        || address_begins(address, any, 16, 128))
    {
        return true;
    }

    if (getifaddrs(&all) != 0) {
        return false;
    }

    own = false;

    for (one = all; one != NULL && !own; one = one->ifa_next) {
        own = address_of(one->ifa_addr, &other)
              && other.len == address->len
              && memcmp(other.bytes, address->bytes, other.len) == 0;
    }

    freeifaddrs(all);

    return own;
}


static bool
address_of(const struct sockaddr *sa, address_t *ret_address)
{
    if (sa == NULL) {
        return false;
    }

    if (sa->sa_family == AF_INET) {
        memcpy(ret_address->bytes,
               &((const struct sockaddr_in *) (const void *) sa)->sin_addr, 4);
        ret_address->len = 4;
        return true;
    }

    if (sa->sa_family == AF_INET6) {
        memcpy(ret_address->bytes,
               &((const struct sockaddr_in6 *) (const void *) sa)->sin6_addr,
               16);
        ret_address->len = 16;
        return true;
    }

    return false;
}
