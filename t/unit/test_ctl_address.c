
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include "base/address.h"


enum {
    NONE = 0,
    LOOPBACK = 1,
    LINK_LOCAL = 2,
    OWN = 4
};


static const struct {
    const char      *text;
    int              what;         /* -1: no address */
} rows[] = {
    { "127.0.0.1", LOOPBACK | OWN },
    { "127.255.255.255", LOOPBACK | OWN },
    { "128.0.0.1", NONE },
    { "126.255.255.255", NONE },
    { "::1", LOOPBACK | OWN },
    { "[::1]", LOOPBACK | OWN },
    { "[::ffff:127.0.0.1]", LOOPBACK | OWN },
    { "[::ffff:7f00:1]", LOOPBACK | OWN },
    { "::2", NONE },
    { "0.0.0.0", OWN },
    { "0.1.2.3", OWN },
    { "::", OWN },

    { "169.254.0.0", LINK_LOCAL },
    { "169.254.169.254", LINK_LOCAL },
    { "169.254.255.255", LINK_LOCAL },
    { "169.253.255.255", NONE },
    { "169.255.0.0", NONE },
    { "[::ffff:169.254.169.254]", LINK_LOCAL },
    { "64:ff9b::a9fe:a9fe", LINK_LOCAL },
    { "fe80::1", LINK_LOCAL },
    { "febf:ffff::", LINK_LOCAL },
    { "fec0::", NONE },
    { "fe7f:ffff::", NONE },
    { "fd00:ec2::254", LINK_LOCAL },
    { "[fd00:ec2::23]", LINK_LOCAL },
    { "fd00:ec2::1:0", NONE },
    { "fd00:ec3::254", NONE },
    { "100.100.100.200", LINK_LOCAL },
    { "168.63.129.16", LINK_LOCAL },
    { "192.0.0.192", LINK_LOCAL },
    { "100.100.100.201", NONE },

    { "10.0.0.1", NONE },
    { "2001:db8::1", NONE },

    { "", -1 },
    { "[]", -1 },
    { "[", -1 },
    { "localhost", -1 },
    { "127.1", -1 },
    { "2130706433", -1 },
    { "127.0.0.1.", -1 },
    { "fe80::1%lo", -1 },
    { "0000000000000000000000000000000000000000000000000000000000000000", -1 }
};


static void
test_rows(void **state)
{
    int         what;
    size_t      i;
    s3_str_t    text;
    address_t   address;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {

        text.data = (unsigned char *) (uintptr_t) rows[i].text;
        text.len = strlen(rows[i].text);
        text = guard_in(&text);

        what = -1;

        if (address_parse((char *) text.data, text.len, &address)) {
            what = (address_is_loopback(&address) ? LOOPBACK : 0)
                   | (address_is_link_local(&address) ? LINK_LOCAL : 0)
                   | (address_is_own(&address) ? OWN : 0);
        }

        if (what != rows[i].what) {
            fail_msg("\"%s\": %d, not %d", rows[i].text, what, rows[i].what);
        }
    }

    guard_reset();
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
