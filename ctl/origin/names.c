
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "origin/names.h"


#define NAMES_FILE_MAX  (8 * 1024 * 1024)


void
names_item_release(names_item_t *name)
{
    free(name->host);
    free(name->used);
    free(name->last);
    free(name->reason);
}


names_item_t *
names_find(const names_t *names, const char *host)
{
    int     rc;
    size_t  low, high, mid;

    low = 0;
    high = names->len;

    while (low < high) {
        mid = (low + high) / 2;
        rc = strcmp(host, names->items[mid].host);

        if (rc == 0) {
            return &names->items[mid];
        }

        if (rc < 0) {
            high = mid;

        } else {
            low = mid + 1;
        }
    }

    return NULL;
}


names_item_t *
names_add(names_t *names, const char *host)
{
    char          *copy;
    size_t         i;
    names_item_t  *items;

    items = names_find(names, host);
    if (items != NULL) {
        return items;
    }

    copy = strdup(host);
    items = realloc(names->items, (names->len + 1) * sizeof(names_item_t));

    if (items != NULL) {
        names->items = items;
    }

    if (items == NULL || copy == NULL) {
        free(copy);
        return NULL;
    }

    for (i = names->len; i > 0; i--) {

        if (strcmp(items[i - 1].host, host) < 0) {
            break;
        }

        items[i] = items[i - 1];
    }

    memset(&items[i], 0, sizeof(names_item_t));
    items[i].host = copy;
    items[i].retry_ms = NAMES_RETRY_MS;
    names->len++;

    return &items[i];
}


static int64_t
names_hold(const names_t *names, unsigned ttl)
{
    int64_t  hold_ms, max_ms;

    max_ms = (int64_t) names->len * NAMES_MANY_MS;

    if (max_ms < NAMES_LOOK_MS) {
        max_ms = NAMES_LOOK_MS;
    }

    hold_ms = (int64_t) ttl * 1000;

    if (hold_ms < NAMES_SOON_MS) {
        return NAMES_SOON_MS;
    }

    return hold_ms < max_ms ? hold_ms : max_ms;
}


/* an answer: false if it is one of a name that has others all the time */

static bool
names_steady(names_item_t *name, const char *addresses, int64_t now_ms)
{
    bool   brief;
    char  *copy;

    brief = now_ms - name->since_ms < NAMES_STEADY_MS;

    if (name->last == NULL || strcmp(name->last, addresses) != 0) {

        copy = strdup(addresses);
        if (copy == NULL) {
            return false;
        }

        free(name->last);
        name->last = copy;
        name->changes = brief ? name->changes + 1 : 0;
        name->since_ms = now_ms;

    } else if (!brief) {
        name->changes = 0;
    }

    return name->changes < NAMES_ROTATES;
}


bool
names_judge(const names_t *names, names_item_t *name, lookup_answer_t *answer,
    int64_t now_ms)
{
    bool  steady;

    name->looking = false;

    free(name->reason);
    name->reason = answer->reason;
    answer->reason = NULL;

    if (answer->addresses == NULL) {

        /* a silent name server says nothing about addresses */

        name->next_ms = now_ms + name->retry_ms;
        name->retry_ms *= 2;

        if (name->retry_ms > NAMES_RETRY_MAX_MS) {
            name->retry_ms = NAMES_RETRY_MAX_MS;
        }

        return false;
    }

    name->next_ms = now_ms + names_hold(names, answer->ttl);
    name->retry_ms = NAMES_RETRY_MS;

    steady = names_steady(name, answer->addresses, now_ms);

    if (name->used != NULL
        && (strcmp(name->used, answer->addresses) == 0
            || (!steady && now_ms - name->used_ms < NAMES_ROTATE_MS)))
    {
        return false;
    }

    name->used_ms = now_ms;
    free(name->used);
    name->used = answer->addresses;
    answer->addresses = NULL;

    return true;
}


void
names_load(names_t *names, const char *path)
{
    char          *line, *rest, *space;
    strbuf_t       text;
    names_item_t  *name;

    strbuf_init(&text, NAMES_FILE_MAX);

    if (file_read(path, &text, NULL) == 0) {

        rest = text.data;

        while ((line = strsep(&rest, "\n")) != NULL) {

            space = strchr(line, ' ');

            if (space == NULL || strlen(space) >= LOOKUP_TEXT_MAX) {
                continue;
            }

            *space++ = '\0';

            if (strspn(space, "0123456789abcdef.:[] ") != strlen(space)) {
                continue;
            }

            name = names_add(names, line);

            if (name != NULL && name->used == NULL) {
                name->used = strdup(space);
            }
        }
    }

    strbuf_release(&text);
}


void
names_save(const names_t *names, const char *path)
{
    size_t         i;
    strbuf_t       text;
    names_item_t  *name;

    strbuf_init(&text, NAMES_FILE_MAX);

    for (i = 0; i < names->len; i++) {

        name = &names->items[i];

        if (name->used != NULL) {
            strbuf_printf(&text, "%s %s\n", name->host, name->used);
        }
    }

    if (strbuf_check(&text, NULL) == 0) {
        (void) file_replace(path, text.data, text.len, 0600,
                            FILE_GID_KEEP, NULL);
    }

    strbuf_release(&text);
}
