
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The addresses of a name, as a lookup_pt.
 */

#ifndef _DNS_H_INCLUDED_
#define _DNS_H_INCLUDED_


#include "origin/lookup.h"


#define DNS_WAIT_MS     6000       /* for name servers, in all */
#define DNS_SYSTEM_TTL  30         /* seconds: the system does not say */


/*
 * /etc/hosts and the name servers, by c-ares, which says for how long an
 * answer holds; then, for a name that they do not know, dns_system().
 */
int dns_lookup(const char *host, char text[LOOKUP_TEXT_MAX],
    unsigned *ret_ttl);

/* getaddrinfo(), and whatever nsswitch.conf has it ask */
int dns_system(const char *host, char text[LOOKUP_TEXT_MAX],
    unsigned *ret_ttl);


#endif /* _DNS_H_INCLUDED_ */
