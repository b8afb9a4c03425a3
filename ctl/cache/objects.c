
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The page is a heap while it is made, with its last text on top: a text
 * that comes before that one takes its place.
 */


#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cache/cache_file.h"
#include "cache/objects.h"
#include "cache/walk.h"


#define OBJECTS_PAUSE_MS  1


typedef struct {
    const objects_query_t  *query;
    const s3_state_t       *counters;
    objects_page_t          page;
    size_t                  size;      /* query's limit and one more */
    int64_t                 until_ms;  /* monotonic; 0: no limit */
    int                     rc;
    error_t                 err;
    cache_file_t            file;
} objects_t;


static int
objects_cmp(const s3_str_t *a, const s3_str_t *b)
{
    int  order;

    order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

    if (order == 0 && a->len != b->len) {
        order = a->len < b->len ? -1 : 1;
    }

    return order;
}


static int
objects_item_cmp(const void *one, const void *two)
{
    const objects_item_t  *a, *b;

    a = one;
    b = two;

    return objects_cmp(&a->text, &b->text);
}


static void
objects_item_release(objects_item_t *item)
{
    free(item->text.data);
    free(item->etag);
}


static void
objects_swap(objects_item_t *a, objects_item_t *b)
{
    objects_item_t  t;

    t = *a;
    *a = *b;
    *b = t;
}


static void
objects_rise(objects_item_t *items, size_t i)
{
    size_t  parent;

    while (i > 0) {
        parent = (i - 1) / 2;

        if (objects_item_cmp(&items[parent], &items[i]) >= 0) {
            return;
        }

        objects_swap(&items[parent], &items[i]);
        i = parent;
    }
}


static void
objects_sink(objects_item_t *items, size_t n)
{
    size_t  i, child;

    i = 0;

    for ( ;; ) {
        child = 2 * i + 1;

        if (child >= n) {
            return;
        }

        if (child + 1 < n
            && objects_item_cmp(&items[child + 1], &items[child]) > 0)
        {
            child++;
        }

        if (objects_item_cmp(&items[i], &items[child]) >= 0) {
            return;
        }

        objects_swap(&items[i], &items[child]);
        i = child;
    }
}


static bool
objects_wanted(const objects_t *o)
{
    const s3_str_t         *key;
    const objects_query_t  *q;

    q = o->query;
    key = &o->file.key.key;

    if (q->bucket != NULL
        && (strlen(q->bucket) != o->file.key.bucket.len
            || memcmp(q->bucket, o->file.key.bucket.data,
                      o->file.key.bucket.len) != 0))
    {
        return false;
    }

    if (key->len < q->prefix.len
        || (q->whole && key->len != q->prefix.len)
        || (q->prefix.len != 0
            && memcmp(key->data, q->prefix.data, q->prefix.len) != 0))
    {
        return false;
    }

    if (q->marker.len != 0 && objects_cmp(&o->file.text, &q->marker) <= 0) {
        return false;
    }

    return o->page.len < o->size
           || objects_cmp(&o->file.text, &o->page.items[0].text) < 0;
}


static int
objects_copy(objects_t *o, objects_item_t *item)
{
    cache_file_t  *file;

    file = &o->file;

    memset(item, 0, sizeof(objects_item_t));

    item->text.len = file->text.len;
    item->text.data = malloc(file->text.len);

    if (item->text.data == NULL) {
        return ERR_NOMEM;
    }

    memcpy(item->text.data, file->text.data, file->text.len);

    if (file->etag.len != 0) {
        item->etag = strndup((char *) file->etag.data, file->etag.len);

        if (item->etag == NULL) {
            objects_item_release(item);
            return ERR_NOMEM;
        }
    }

    (void) s3_key_parse(&item->text, &item->key);

    item->status = file->status;
    item->size = file->size;
    item->disk = file->disk;
    item->stored_at = file->stored_at;
    item->fresh_until = file->fresh_until;
    item->stale_until = file->stale_until;
    item->verdict = counters_judge(o->counters, &file->key, file->stored_at);

    return 0;
}


static bool
objects_visit(void *data, const walk_file_t *file)
{
    objects_t       *o;
    objects_item_t   item;

    o = data;

    if (o->until_ms != 0 && clock_ms() >= o->until_ms) {
        o->page.complete = false;
        return false;
    }

    o->page.files++;

    if (cache_file_read(file, &o->file, NULL) != 0 || !objects_wanted(o)) {
        return true;
    }

    if (objects_copy(o, &item) != 0) {
        o->rc = error_nomem(&o->err);
        return false;
    }

    if (o->page.len < o->size) {
        o->page.items[o->page.len] = item;
        objects_rise(o->page.items, o->page.len++);

    } else {
        objects_item_release(&o->page.items[0]);
        o->page.items[0] = item;
        objects_sink(o->page.items, o->page.len);
    }

    return true;
}


static void
objects_run(void *data)
{
    int         rc;
    objects_t  *o;

    o = data;

    rc = walk_run(o->query->disk, OBJECTS_PAUSE_MS, objects_visit, o,
                  &o->err);

    if (rc != 0) {
        o->rc = rc;
    }
}


/* the one more tells that there is more */

static void
objects_finish(objects_t *o)
{
    objects_page_t  *page;

    page = &o->page;

    qsort(page->items, page->len, sizeof(objects_item_t), objects_item_cmp);

    if (page->len > o->query->limit) {
        page->len--;
        objects_item_release(&page->items[page->len]);
        page->more = true;
    }
}


int
objects_list(const objects_query_t *query, objects_page_t *ret_page,
    error_t *err)
{
    int         rc;
    objects_t  *o;

    o = calloc(1, sizeof(objects_t));
    if (o == NULL) {
        return error_nomem(err);
    }

    o->query = query;
    o->size = query->limit + 1;
    o->page.complete = true;
    o->until_ms = query->wait_ms != 0 ? clock_ms() + query->wait_ms : 0;
    o->page.items = calloc(o->size, sizeof(objects_item_t));

    rc = o->page.items != NULL
         ? counters_open(query->counters, &o->counters, err)
         : error_nomem(err);

    if (rc == 0) {
        rc = walk_apart(objects_run, o, err);
    }

    if (rc == 0 && o->rc != 0) {
        rc = error_set(err, o->rc, "%s", o->err.message);
    }

    if (rc == 0) {
        objects_finish(o);
        *ret_page = o->page;

    } else {
        objects_page_release(&o->page);
    }

    counters_close(o->counters);
    free(o);

    return rc;
}


void
objects_page_release(objects_page_t *page)
{
    size_t  i;

    for (i = 0; i < page->len; i++) {
        objects_item_release(&page->items[i]);
    }

    free(page->items);
    memset(page, 0, sizeof(objects_page_t));
}
