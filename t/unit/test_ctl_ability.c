
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdlib.h>
#include <string.h>

#include "nginx/ability.h"


static size_t
row(const char *word)
{
    size_t  i;

    for (i = 0; ability_at(i).word != NULL; i++) {
        if (strcmp(ability_at(i).word, word) == 0) {
            return i;
        }
    }

    fail_msg("no row for %s", word);

    return 0;
}


static void
test_table(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; ability_at(i).word != NULL; i++) {
        assert_true(i < 64);

        if (ability_at(i).word[0] == '$') {
            assert_non_null(ability_at(i).instead);

        } else if (ability_at(i).instead != NULL) {
            assert_string_equal(ability_at(i).instead, "");
        }
    }
}


static void
test_learn(void **state)
{
    size_t         i;
    ability_set_t  set;

    static const struct {
        const char  *message;
        const char  *word;         /* NULL: nothing is learned */
    } cases[] = {
        { "nginx: unknown directive \"s3edge_memory\" in /n.conf:4",
          "s3edge_memory" },
        { "nginx: unknown \"stale_if_error\" in s3edge_bucket \"b\": expected "
          "origin or prefix in /n.conf:40", "stale_if_error" },
        { "nginx: unknown \"s3edge_cache_status\" variable in /n.conf:2",
          "$s3edge_cache_status" },
        { "nginx: unknown directive \"s3edge_cache_status\" in /n:1", NULL },
        { "nginx: unknown directive \"s3edge_memoryy\" in /n.conf:4", NULL },
        { "nginx: unknown directive \"s3edge_memor\" in /n.conf:4", NULL },
        { "nginx: unknown \"s3edge_memory\" variable", NULL },
        { "nginx: unknown directive \"server\" in /n.conf:4", NULL },
        { "nginx: unknown directive \"s3edge_memory", NULL },
        { "nginx: bind() to 0.0.0.0:80 failed", NULL },
        { "", NULL }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        set = 0;

        if (ability_learn(cases[i].message, &set) != (cases[i].word != NULL)) {
            fail_msg("%s", cases[i].message);
        }

        if (cases[i].word == NULL) {
            assert_true(set == 0);
            continue;
        }

        assert_true(set == (ability_set_t) 1 << row(cases[i].word));

        /* once: it was left out, and that was no help */

        assert_false(ability_learn(cases[i].message, &set));
    }
}


static void
test_filter(void **state)
{
    size_t         i;
    strbuf_t       text;
    ability_set_t  set;

    static const struct {
        const char  *name;
        const char  *from;
        const char  *to;
    } cases[] = {
        { "a line", "http {\n    s3edge_memory a:1m;\n    x 1;\n}\n",
          "http {\n    x 1;\n}\n" },
        { "two lines", "s3edge_memory a:1m\n    max_object=1k;\nx 1;\n",
          "x 1;\n" },
        { "a block", "s3edge_memory {\n  a {\n    x;\n  }\n  b;\n}\nx 1;\n",
          "x 1;\n" },
        { "in a block", "    b {\n        stale_if_error 1s;\n    }\n",
          "    b {\n    }\n" },
        { "another word", "s3edge_memory_x 1;\n# s3edge_memory\nx;\n",
          "s3edge_memory_x 1;\n# s3edge_memory\nx;\n" },
        { "a word before another", "s3edge_default  proxy_pass  $a;\n"
          "s3edge_default  proxy_set_header\n    Range $b;\n",
          "  proxy_pass  $a;\n  proxy_set_header\n    Range $b;\n" },
        { "that is not known", "s3edge_default  s3edge_memory off;\nx 1;\n",
          "x 1;\n" },
        { "a variable", "log a $s3edge_cache_status\"$s3edge_cache_statusx "
          "$s3edge_cache_status;\n$",
          "log a $sent_http_x_cache\"$s3edge_cache_statusx "
          "$sent_http_x_cache;\n$" },
        { "may be read", "  b {\n    allow list object;\n    x 1;\n  }\n",
          "  b {\n    x 1;\n  }\n" },
        { "may not be read", "allow none;\nallow list version;\nallow a\n;",
          "allow none;\nallow list version;\nallow a\n;" },
        { "at the end", "x 1;\ns3edge_memory off;", "x 1;\n" },
        { "nothing", "", "" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        set = (ability_set_t) 1 << row("s3edge_memory")
              | (ability_set_t) 1 << row("s3edge_default")
              | (ability_set_t) 1 << row("stale_if_error")
              | (ability_set_t) 1 << row("allow");

        if (strcmp(cases[i].name, "a variable") == 0) {
            set = (ability_set_t) 1 << row("$s3edge_cache_status");
        }

        strbuf_init(&text, 4096);
        ability_filter(cases[i].from, strlen(cases[i].from), set, &text);

        if (strcmp(text.len != 0 ? text.data : "", cases[i].to) != 0) {
            fail_msg("%s: %s", cases[i].name, text.data);
        }

        strbuf_clear(&text);
        ability_filter(cases[i].from, strlen(cases[i].from), 0, &text);
        assert_string_equal(text.len != 0 ? text.data : "", cases[i].from);
        strbuf_release(&text);
    }
}


static void
test_words(void **state)
{
    strbuf_t  text;

    (void) state;

    strbuf_init(&text, 4096);
    ability_words((ability_set_t) 1 << row("s3edge_memory")
                  | (ability_set_t) 1 << row("s3edge_default"), &text);
    assert_string_equal(text.data,
                        "\"s3edge_memory\" (hot objects come from disk)");
    strbuf_release(&text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_learn),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_words)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
