
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an IP address is for.  An IPv4 address inside IPv6 ("::ffff:...",
 * NAT64's 64:ff9b::) counts as the IPv4 address that it reaches.
 */

#ifndef _ADDRESS_H_INCLUDED_
#define _ADDRESS_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>


#define ADDRESS_TEXT_MAX  64


typedef struct {
    unsigned char    bytes[16];
    size_t           len;          /* 4 or 16 */
} address_t;


/* len bytes of text, an IPv6 one with or without brackets; false: no address */
bool address_parse(const char *text, size_t len, address_t *ret_address);

/* 127.0.0.0/8, ::1 */
bool address_is_loopback(const address_t *address);

/*
 * Reaches what belongs to this host or its cloud and never an S3 server:
 * link-local (169.254.0.0/16, fe80::/10), and the addresses outside of these
 * where clouds keep a host's metadata and credentials.
 */
bool address_is_link_local(const address_t *address);

/* this host: loopback, 0.0.0.0, ::, or the address of an interface */
bool address_is_own(const address_t *address);


#endif /* _ADDRESS_H_INCLUDED_ */
