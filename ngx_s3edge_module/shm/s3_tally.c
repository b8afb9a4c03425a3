
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_tally.h"
#include "s3_hash.h"


_Static_assert(sizeof(s3_tally_head_t) % sizeof(uint64_t) == 0
               && sizeof(s3_tally_column_t) == 64
               && sizeof(s3_tally_record_t) % sizeof(uint64_t) == 0,
               "records of a file are not aligned");

_Static_assert(S3_TALLY_CELLS <= S3_TALLY_CELLS_MAX, "a record is too long");


#define S3_TALLY_HEAD_SEED  0x5a3e
#define S3_TALLY_NO_CELL    UINT32_MAX


static uint64_t s3_tally_sum(uint64_t seed, const void *data, size_t len);
static void s3_tally_put_columns(unsigned char *dst);
static int s3_tally_map(s3_tally_t *tally, const unsigned char *columns);
static uint32_t s3_tally_row(uint32_t scope, const s3_tally_column_t *column);


static size_t
s3_tally_size(size_t cells)
{
    return sizeof(s3_tally_record_t) + cells * sizeof(uint64_t);
}


size_t
s3_tally_offset(size_t i)
{
    return sizeof(s3_tally_head_t)
           + S3_TALLY_COLUMNS * sizeof(s3_tally_column_t)
           + i * s3_tally_size(S3_TALLY_CELLS);
}


size_t
s3_tally_disk(size_t i)
{
    return 1 + i;
}


size_t
s3_tally_slot(const s3_tally_head_t *head, size_t i)
{
    return 1 + head->disks + i;
}


static uint64_t
s3_tally_sum(uint64_t seed, const void *data, size_t len)
{
    s3_str_t  text;

    text.data = (unsigned char *) (uintptr_t) data;
    text.len = len;

    return s3_hash(seed, &text);
}


void
s3_tally_put_head(unsigned char *dst, const s3_tally_head_t *head)
{
    s3_tally_head_t  h;

    h = *head;
    h.magic = S3_TALLY_MAGIC;
    h.layout = S3_TALLY_LAYOUT;
    h.columns = S3_TALLY_COLUMNS;
    h.cells = S3_TALLY_CELLS;
    h.unused = 0;

    memcpy(dst, &h, sizeof(s3_tally_head_t));

    s3_tally_put_columns(dst + sizeof(s3_tally_head_t));
    s3_tally_sign(dst);
}


void
s3_tally_sign(unsigned char *file)
{
    s3_tally_head_t  head;

    memcpy(&head, file, sizeof(s3_tally_head_t));

    head.columns_sum = s3_tally_sum(head.token, file + sizeof(s3_tally_head_t),
                                    head.columns * sizeof(s3_tally_column_t));
    head.sum = s3_tally_sum(S3_TALLY_HEAD_SEED, &head,
                            offsetof(s3_tally_head_t, sum));

    memcpy(file, &head, sizeof(s3_tally_head_t));
}


static void
s3_tally_put_columns(unsigned char *dst)
{
    size_t                   i;
    uint32_t                 scope;
    const char              *name;
    s3_tally_column_t        column;

    for (scope = 0; scope < S3_STATS_SCOPES; scope++) {
        for (i = 0; i < s3_stats[scope].n; i++) {
            name = s3_stats[scope].rows[i].name;

            memset(&column, 0, sizeof(s3_tally_column_t));

            column.scope = scope;
            column.len = (uint32_t) strlen(name);

            if (column.len > sizeof(column.name)) {
                column.len = sizeof(column.name);
            }

            memcpy(column.name, name, column.len);

            memcpy(dst, &column, sizeof(s3_tally_column_t));
            dst += sizeof(s3_tally_column_t);
        }
    }
}


void
s3_tally_put(unsigned char *dst, uint64_t token, size_t i,
    const s3_tally_entry_t *entry)
{
    size_t              size;
    s3_tally_record_t   record;

    memset(&record, 0, sizeof(s3_tally_record_t));

    record.scope = entry->scope;
    record.there = entry->there;
    record.len = (uint32_t) entry->name.len;

    if (record.len > S3_TALLY_NAME_MAX) {
        record.len = S3_TALLY_NAME_MAX;
    }

    if (record.len != 0) {
        memcpy(record.name, entry->name.data, record.len);
    }

    memcpy(dst, &record, sizeof(s3_tally_record_t));
    memcpy(dst + sizeof(s3_tally_record_t), entry->cells,
           sizeof(entry->cells));

    size = s3_tally_size(S3_TALLY_CELLS) - sizeof(record.sum);

    record.sum = s3_tally_sum(token + i, dst + sizeof(record.sum), size);

    memcpy(dst, &record.sum, sizeof(record.sum));
}


int
s3_tally_check(const s3_tally_head_t *head)
{
    return head->magic == S3_TALLY_MAGIC
           && head->layout == S3_TALLY_LAYOUT
           && head->sum == s3_tally_sum(S3_TALLY_HEAD_SEED, head,
                                        offsetof(s3_tally_head_t, sum));
}


int
s3_tally_open(s3_tally_t *tally, const unsigned char *data, size_t len)
{
    size_t                columns;
    s3_tally_head_t      *head;
    const unsigned char  *p;

    head = &tally->head;

    if (len < sizeof(s3_tally_head_t)) {
        return S3_ERROR;
    }

    memcpy(head, data, sizeof(s3_tally_head_t));

    if (head->magic != S3_TALLY_MAGIC) {
        return S3_ERROR;
    }

    if (head->layout != S3_TALLY_LAYOUT) {
        return S3_DECLINED;
    }

    if (!s3_tally_check(head)
        || head->cells > S3_TALLY_CELLS_MAX
        || head->columns > S3_STATS_SCOPES * S3_TALLY_CELLS_MAX
        || head->disks > S3_TALLY_RECORDS_MAX
        || head->slots > S3_TALLY_RECORDS_MAX
        || head->slots == 0
        || head->version[S3_TALLY_VERSION_MAX - 1] != '\0'
        || head->nginx[S3_TALLY_VERSION_MAX - 1] != '\0')
    {
        return S3_ERROR;
    }

    p = data + sizeof(s3_tally_head_t);
    columns = head->columns * sizeof(s3_tally_column_t);

    tally->records = p + columns;
    tally->size = s3_tally_size(head->cells);
    tally->n = 1 + (size_t) head->disks + head->slots;

    if (len - sizeof(s3_tally_head_t) < columns
        || len - sizeof(s3_tally_head_t) - columns < tally->n * tally->size
        || head->columns_sum != s3_tally_sum(head->token, p, columns))
    {
        return S3_ERROR;
    }

    return s3_tally_map(tally, p);
}


/* cells of a scope stand in the order of its columns */

static int
s3_tally_map(s3_tally_t *tally, const unsigned char *columns)
{
    size_t             i, k;
    uint32_t           row, next[S3_STATS_SCOPES];
    s3_tally_column_t  column;

    for (i = 0; i < S3_STATS_SCOPES; i++) {
        next[i] = 0;

        for (k = 0; k < S3_TALLY_CELLS; k++) {
            tally->cell[i][k] = S3_TALLY_NO_CELL;
        }
    }

    for (i = 0; i < tally->head.columns; i++) {
        memcpy(&column, columns + i * sizeof(s3_tally_column_t),
               sizeof(s3_tally_column_t));

        /* of a scope that is newer than this */

        if (column.scope >= S3_STATS_SCOPES) {
            continue;
        }

        if (column.len > sizeof(column.name)
            || next[column.scope] >= tally->head.cells)
        {
            return S3_ERROR;
        }

        row = s3_tally_row(column.scope, &column);

        if (row != S3_TALLY_NO_CELL) {
            tally->cell[column.scope][row] = next[column.scope];
        }

        next[column.scope]++;
    }

    return S3_OK;
}


static uint32_t
s3_tally_row(uint32_t scope, const s3_tally_column_t *column)
{
    uint32_t     i;
    const char  *name;

    for (i = 0; i < s3_stats[scope].n; i++) {
        name = s3_stats[scope].rows[i].name;

        if (strlen(name) == column->len
            && memcmp(name, column->name, column->len) == 0)
        {
            return i;
        }
    }

    return S3_TALLY_NO_CELL;
}


int
s3_tally_get(const s3_tally_t *tally, size_t i, s3_tally_entry_t *entry)
{
    size_t                k;
    uint32_t              cell;
    s3_tally_record_t     record;
    const unsigned char  *p;

    p = tally->records + i * tally->size;

    memcpy(&record, p, sizeof(s3_tally_record_t));

    if (record.sum != s3_tally_sum(tally->head.token + i,
                                   p + sizeof(record.sum),
                                   tally->size - sizeof(record.sum))
        || record.scope >= S3_STATS_SCOPES
        || record.len > S3_TALLY_NAME_MAX)
    {
        return S3_ERROR;
    }

    entry->scope = (s3_stats_scope_t) record.scope;
    entry->there = record.there != 0;
    entry->name.len = record.len;
    entry->name.data = (unsigned char *) (uintptr_t)
                       (p + offsetof(s3_tally_record_t, name));

    for (k = 0; k < S3_TALLY_CELLS; k++) {
        cell = tally->cell[record.scope][k];
        entry->cells[k] = 0;

        if (cell != S3_TALLY_NO_CELL) {
            memcpy(&entry->cells[k],
                   p + sizeof(s3_tally_record_t) + cell * sizeof(uint64_t),
                   sizeof(uint64_t));
        }
    }

    return S3_OK;
}
