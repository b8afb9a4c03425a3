
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
    free(name->answer);
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


/* is one address in both? */

static bool
names_overlap(const char *one, const char *two)
{
    size_t       len, n;
    const char  *p;

    for ( ; *one != '\0'; one += len + (one[len] == ' ')) {

        len = strcspn(one, " ");

        for (p = two; *p != '\0'; p += n + (p[n] == ' ')) {

            n = strcspn(p, " ");

            if (n == len && memcmp(one, p, n) == 0) {
                return true;
            }
        }
    }

    return false;
}


static int64_t
names_hold(const names_t *names, unsigned ttl)
{
    int64_t  hold_ms, max_ms;

    /* a time that is long says little: an origin may have to leave early */

    max_ms = (int64_t) names->len * NAMES_MANY_MS;

    if (max_ms < NAMES_LOOK_MS) {
        max_ms = NAMES_LOOK_MS;
    }

    hold_ms = ttl != 0 ? (int64_t) ttl * 1000 : NAMES_UNSAID_MS;

    if (hold_ms < NAMES_SOON_MS) {
        return NAMES_SOON_MS;
    }

    return hold_ms < max_ms ? hold_ms : max_ms;
}


void
names_judge(const names_t *names, names_item_t *name, lookup_answer_t *answer,
    int64_t now_ms)
{
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

        return;
    }

    if (name->answer != NULL
        && strcmp(name->answer, answer->addresses) == 0)
    {
        name->same++;

    } else {
        name->same = 1;
        name->since_ms = now_ms;
    }

    free(name->answer);
    name->answer = answer->addresses;
    answer->addresses = NULL;

    name->next_ms = now_ms + names_hold(names, answer->ttl);
    name->retry_ms = NAMES_RETRY_MS;

    if (name->used == NULL) {
        name->moved = true;
        return;
    }

    if (names_overlap(name->used, name->answer)) {
        name->loaded = false;
        name->moved = strcmp(name->used, name->answer) != 0
                      && name->same >= NAMES_SAME
                      && now_ms - name->since_ms >= NAMES_SETTLED_MS;
        return;
    }

    name->moved = true;
}


/*
 * Moves are counted by the time at which all of them will be there again: each
 * puts it off by the time that brings one.
 */

static bool
names_may(int64_t full_ms, int64_t now_ms, int64_t burst, int64_t refill_ms)
{
    return full_ms - now_ms <= (burst - 1) * refill_ms;
}


static int64_t
names_spend(int64_t full_ms, int64_t now_ms, int64_t burst, int64_t refill_ms)
{
    full_ms = (full_ms > now_ms ? full_ms : now_ms) + refill_ms;

    /* what another one's reload took along is not owed */

    return full_ms - now_ms > burst * refill_ms ? now_ms + burst * refill_ms
                                                : full_ms;
}


bool
names_due(const names_t *names, int64_t now_ms)
{
    bool                 spaced, pace;
    size_t               i;
    const names_item_t  *name;

    spaced = names->replaced_ms == 0
             || now_ms - names->replaced_ms >= NAMES_SPACE_MS;
    pace = names_may(names->full_ms, now_ms, NAMES_ALL_BURST,
                     NAMES_ALL_REFILL_MS);

    for (i = 0; i < names->len; i++) {

        name = &names->items[i];

        if (!name->moved) {
            continue;
        }

        if (name->used == NULL || name->loaded) {
            return true;
        }

        if (spaced
            && (pace || name->full_ms <= now_ms)
            && names_may(name->full_ms, now_ms, NAMES_BURST, NAMES_REFILL_MS))
        {
            return true;
        }
    }

    return false;
}


bool
names_use(names_item_t *name, const char *addresses, int64_t now_ms,
    bool *replaced)
{
    char  *copy;

    if (addresses == NULL
        || (name->used != NULL && strcmp(name->used, addresses) == 0))
    {
        return false;
    }

    copy = strdup(addresses);
    if (copy == NULL) {
        return false;
    }

    if (name->used != NULL) {
        *replaced = true;
        name->full_ms = names_spend(name->full_ms, now_ms, NAMES_BURST,
                                    NAMES_REFILL_MS);
    }

    free(name->used);
    name->used = copy;
    name->moved = false;
    name->loaded = false;

    return true;
}


void
names_replaced(names_t *names, int64_t now_ms)
{
    names->replaced_ms = now_ms;
    names->full_ms = names_spend(names->full_ms, now_ms, NAMES_ALL_BURST,
                                 NAMES_ALL_REFILL_MS);
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
                name->loaded = name->used != NULL;
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
