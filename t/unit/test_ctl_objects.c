
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cache files as nginx writes them: read, listed, counted, reclaimed.
 */


#include "guard.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cache/objects.h"
#include "cache/reach.h"
#include "cache/reclaim.h"


#define EPOCH   0x1234
#define NOW     1700000000
#define FILES   500


/* ngx_http_file_cache_header_t of a 64-bit nginx, by offset */

enum {
    VERSION = 0,
    VALID = 8,
    ERROR_SEC = 24,
    DATE = 40,
    HEADER_START = 54,
    BODY_START = 56,
    ETAG_LEN = 58,
    ETAG = 59,
    KEY = 336
};


static char         dir[64], disk[80], counters[80];
static s3_state_t  *state_file;
static unsigned     made;


static void
put16(unsigned char *p, size_t value)
{
    p[0] = (unsigned char) (value & 0xff);
    p[1] = (unsigned char) (value >> 8);
}


static void
put64(unsigned char *p, int64_t value)
{
    memcpy(p, &value, sizeof(int64_t));
}


/* "cut" bytes of it, or with 0 all */

static void
put_file(const char *key, uint64_t generation, int64_t date,
    int64_t valid, size_t cut)
{
    int            n;
    char           path[160];
    size_t         size;
    error_t        err;
    s3_key_t       parts;
    unsigned char  data[8192];

    memset(data, 0, sizeof(data));
    memset(&parts, 0, sizeof(parts));

    parts.bucket.data = (unsigned char *) (uintptr_t) key;
    parts.bucket.len = strcspn(key, "/");
    parts.key.data = parts.bucket.data + parts.bucket.len + 1;
    parts.key.len = strlen(key) - parts.bucket.len - 1;
    parts.generation = EPOCH + generation;
    parts.origin = 7;

    memcpy(data + KEY, "\nKEY: ", 6);
    size = KEY + 6;

    s3_key_write(&parts, data + size);
    size += s3_key_len(&parts);
    data[size++] = '\n';

    put64(data + VERSION, 5);
    put64(data + VALID, valid);
    put64(data + ERROR_SEC, 60);
    put64(data + DATE, date);
    put16(data + HEADER_START, size);
    data[ETAG_LEN] = 5;
    memcpy(data + ETAG, "\"tag\"", 5);

    n = snprintf((char *) data + size, sizeof(data) - size,
                 "HTTP/1.1 206 Partial Content\r\n\r\n");
    size += (size_t) n;
    put16(data + BODY_START, size);

    memcpy(data + size, "body", 4);
    size += 4;

    (void) snprintf(path, sizeof(path), "%s/%032x", disk, made++);
    assert_int_equal(file_replace(path, data, cut != 0 ? cut : size, 0600,
                                  FILE_GID_KEEP, &err), 0);
}


static void
empty(void)
{
    DIR            *d;
    char            path[400];
    struct dirent  *entry;

    d = opendir(disk);
    assert_non_null(d);

    while ((entry = readdir(d)) != NULL) {
        (void) snprintf(path, sizeof(path), "%s/%s", disk, entry->d_name);
        (void) unlink(path);
    }

    (void) closedir(d);
}


static void
save_counters(void)
{
    error_t  err;

    assert_int_equal(file_replace(counters, state_file, sizeof(s3_state_t),
                                  0600, FILE_GID_KEEP, &err), 0);
}


static void
query_init(objects_query_t *query, size_t limit)
{
    memset(query, 0, sizeof(objects_query_t));

    query->disk = disk;
    query->counters = counters;
    query->limit = limit;
}


static void
test_fields(void **state)
{
    error_t           err;
    objects_page_t    page;
    objects_query_t   query;

    (void) state;

    put_file("demo/a%20b?versionId=1", 0, NOW, NOW + 10, 0);
    query_init(&query, 10);

    assert_int_equal(objects_list(&query, &page, &err), 0);
    assert_int_equal(page.len, 1);
    assert_false(page.more);
    assert_true(page.complete);
    assert_int_equal(page.files, 1);
    assert_int_equal(page.items[0].status, 206);
    assert_int_equal(page.items[0].size, 4);
    assert_int_equal(page.items[0].stored_at, NOW);
    assert_int_equal(page.items[0].fresh_until, NOW + 10);
    assert_int_equal(page.items[0].stale_until, NOW + 70);
    assert_int_equal(page.items[0].verdict, COUNTERS_LIVE);
    assert_string_equal(page.items[0].etag, "\"tag\"");
    assert_int_equal(page.items[0].key.key.len, 5);
    assert_int_equal(page.items[0].key.variant.len, 11);
    objects_page_release(&page);

    query.counters = "/nonexistent";
    assert_int_equal(objects_list(&query, &page, &err), ERR_UNAVAILABLE);

    query.counters = counters;
    query.disk = "/nonexistent";
    assert_int_equal(objects_list(&query, &page, &err), 0);
    assert_int_equal(page.len, 0);
    objects_page_release(&page);
}


/* a file that ends within its header is passed over, wherever it ends */

static void
test_cut(void **state)
{
    size_t            i;
    error_t           err;
    objects_page_t    page;
    objects_query_t   query;

    (void) state;

    for (i = 1; i < KEY + 6 + 6 + 17 + 1; i += 7) {
        put_file("demo/k", 0, NOW, NOW, i);
    }

    query_init(&query, 10);
    assert_int_equal(objects_list(&query, &page, &err), 0);
    assert_int_equal(page.len, 0);
    assert_true(page.files > 50);
    objects_page_release(&page);
}


/* pages of any size have all objects, in order and once */

static void
test_pages(void **state)
{
    char              key[64];
    size_t            i, limit, n;
    error_t           err;
    s3_str_t          last;
    unsigned          seed;
    unsigned char     marker[256];
    objects_page_t    page;
    objects_query_t   query;

    (void) state;

    seed = 7;

    for (i = 0; i < FILES; i++) {
        seed = seed * 1103515245 + 12345;
        (void) snprintf(key, sizeof(key), "%s/%x/%zu",
                        seed & 0x10000 ? "alpha" : "demo", seed, i);
        put_file(key, 0, NOW, NOW, 0);
    }

    for (limit = 1; limit <= FILES + 1; limit = limit * 3 + 1) {

        query_init(&query, limit);
        last.len = 0;
        n = 0;

        do {
            query.marker = last;
            assert_int_equal(objects_list(&query, &page, &err), 0);
            assert_true(page.len <= limit);

            for (i = 0; i < page.len; i++) {
                assert_true(page.items[i].text.len < sizeof(marker));

                if (last.len != 0) {
                    assert_true(memcmp(page.items[i].text.data, marker,
                                       page.items[i].text.len < last.len
                                       ? page.items[i].text.len : last.len)
                                > 0);
                }

                memcpy(marker, page.items[i].text.data,
                       page.items[i].text.len);
                last.data = marker;
                last.len = page.items[i].text.len;
            }

            n += page.len;
            i = page.more;
            objects_page_release(&page);

        } while (i);

        assert_int_equal(n, FILES);
    }
}


static void
test_purged(void **state)
{
    reach_t               reach;
    error_t               err;
    reclaim_t            *reclaim;
    edge_purge_t          purge = { EDGE_PURGE_ALL, NULL, NULL, 0, false };
    objects_page_t        page;
    objects_query_t       query;
    struct timespec       ts = { 0, 5000000 };
    reclaim_progress_t    progress;

    static unsigned char  name[] = "demo", a[] = "a/x", b[] = "b", c[] = "c";

    const s3_str_t  bucket = { sizeof(name) - 1, name };
    const s3_str_t  keys[] = {
        { sizeof(c) - 1, c }, { sizeof(a) - 1, a }, { sizeof(b) - 1, b }
    };

    (void) state;

    put_file("demo/a/x", 0, NOW, NOW, 0);
    put_file("demo/b", 0, NOW, NOW, 0);
    put_file("demo/c", 0, NOW, NOW, 0);
    put_file("other/a/x", 0, NOW, NOW, 0);

    assert_int_equal(reach_count(disk, counters, &purge, 0, &reach, &err), 0);
    assert_int_equal(reach.objects, 4);

    purge.scope = EDGE_PURGE_KEYS;
    purge.bucket = "demo";
    purge.keys = keys;
    purge.nkeys = 2;
    assert_int_equal(reach_count(disk, counters, &purge, 0, &reach, &err), 0);
    assert_int_equal(reach.objects, 2);

    purge.scope = EDGE_PURGE_PREFIX;
    purge.keys = &keys[1];
    assert_int_equal(reach_heeded(&keys[1]), 2);
    assert_int_equal(reach_count(disk, counters, &purge, 0, &reach, &err), 0);
    assert_int_equal(reach.objects, 1);

    /* "a/x" hard, "b" softly */

    (void) s3_state_purge(state_file, S3_STATE_OBJECT, &bucket, &keys[1], 0,
                          NULL);
    (void) s3_state_purge(state_file, S3_STATE_OBJECT, &bucket, &keys[2],
                          NOW, NULL);
    save_counters();

    query_init(&query, 10);
    query.bucket = "demo";
    assert_int_equal(objects_list(&query, &page, &err), 0);
    assert_int_equal(page.len, 3);
    assert_int_equal(page.items[0].verdict, COUNTERS_DEAD);
    assert_int_equal(page.items[1].verdict, COUNTERS_EXPIRED);
    assert_int_equal(page.items[2].verdict, COUNTERS_LIVE);
    objects_page_release(&page);

    assert_int_equal(reach_count(disk, counters, &purge, 0, &reach, &err),
                     0);
    assert_int_equal(reach.objects, 0);

    /* the one that is dead goes */

    assert_int_equal(reclaim_new(disk, counters, &reclaim, &err), 0);
    assert_int_equal(reclaim_start(reclaim, 0, &err), ERR_INVALID);
    assert_int_equal(reclaim_start(reclaim, 1000, &err), 0);

    do {
        (void) nanosleep(&ts, NULL);
        reclaim_progress(reclaim, &progress);
    } while (progress.state == RECLAIM_RUNNING);

    assert_int_equal(progress.state, RECLAIM_DONE);
    assert_int_equal(progress.seen, 4);
    assert_int_equal(progress.deleted, 1);
    assert_true(progress.bytes > 0);
    reclaim_free(reclaim);

    assert_int_equal(objects_list(&query, &page, &err), 0);
    assert_int_equal(page.len, 2);
    objects_page_release(&page);

    /* another is dead, but nothing goes where there are no counters */

    put_file("demo/d", 99, NOW, NOW, 0);
    assert_int_equal(reclaim_new(disk, "/nonexistent", &reclaim, &err), 0);
    assert_int_equal(reclaim_start(reclaim, 1000, &err), 0);

    do {
        (void) nanosleep(&ts, NULL);
        reclaim_progress(reclaim, &progress);
    } while (progress.state == RECLAIM_RUNNING);

    assert_int_equal(progress.state, RECLAIM_FAILED);
    assert_int_equal(progress.deleted, 0);
    reclaim_free(reclaim);
}


static int
setup_one(void **state)
{
    (void) state;

    memset(state_file, 0, sizeof(s3_state_t));
    state_file->magic = S3_STATE_MAGIC;
    state_file->layout = S3_STATE_LAYOUT;
    state_file->nlevels = S3_STATE_LEVELS;
    state_file->nobjects = S3_STATE_OBJECTS;
    state_file->epoch = EPOCH;
    save_counters();

    return 0;
}


static int
teardown_one(void **state)
{
    (void) state;

    empty();

    return 0;
}


static int
setup(void **state)
{
    error_t  err;

    (void) state;

    state_file = calloc(1, sizeof(s3_state_t));
    assert_non_null(state_file);

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(disk, sizeof(disk), "%s/d", dir);
    (void) snprintf(counters, sizeof(counters), "%s/s", dir);
    assert_int_equal(file_mkdir(disk, 0700, FILE_GID_KEEP, &err), 0);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    free(state_file);
    (void) unlink(counters);
    (void) rmdir(disk);

    return rmdir(dir);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_fields, setup_one,
                                        teardown_one),
        cmocka_unit_test_setup_teardown(test_cut, setup_one, teardown_one),
        cmocka_unit_test_setup_teardown(test_pages, setup_one, teardown_one),
        cmocka_unit_test_setup_teardown(test_purged, setup_one,
                                        teardown_one)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
