
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <string.h>

#include "entity/model.h"
#include "nginx/ability.h"


/* parameters of a bucket have theirs in entity/model_bucket.c */

static const ability_t  ability_table[] = {
    { "s3edge_memory", NULL, "hot objects come from disk" },
    { "s3edge_default", "", NULL },
    { "s3edge_first_byte_timeout", NULL, "a silent origin is waited for as "
                                         "long as between two reads" },
    { "$s3edge_cache_status", "$sent_http_x_cache", NULL },
    { "$s3edge_content_length", "\"\"", NULL },
    { "$s3edge_accept_encoding", "\"\"", NULL },
    { "$s3edge_cdn_loop", "\"\"", "a loop of edges is not noticed" },
    { "$s3edge_log_uri", "$uri", "the access log has URIs as nginx decodes "
                                 "them" },
    { "$s3edge_log_agent", "$http_user_agent", "odd bytes of a User-Agent "
                                               "reach the access log" },
    { "s3edge_allow", NULL, "anybody may list all buckets, and read versions "
                            "and subresources" },
    { "s3edge_list_buckets", NULL, NULL },
    { "s3edge_addresses", NULL, "other addresses of an origin take a reload, "
                                "at most one a minute" },
    { "s3edge_old_workers", NULL, "workers of any number of earlier "
                                  "configurations finish at a time" }
};

#define ABILITY_N  (sizeof(ability_table) / sizeof(ability_table[0]))


/* as nginx quotes them, and the module the parameters of a bucket */

static const struct {
    const char      *before;
    const char      *behind;
    bool             variable;
} ability_complaints[] = {
    { "unknown directive \"", "\"", false },
    { "unknown \"", "\" in s3edge_bucket ", false },
    { "unknown \"", "\" variable", true }
};


/* left out only with this word: without it they shut what would be open */

static const struct {
    const char      *directive;
    const char      *word;
} ability_only[] = {
    { "allow", "object" }
};


ability_t
ability_at(size_t i)
{
    size_t          k;
    ability_t       row;
    const field_t  *f;

    if (i < ABILITY_N) {
        return ability_table[i];
    }

    memset(&row, 0, sizeof(ability_t));

    i -= ABILITY_N;

    for (k = 0; k < model_bucket_table.len; k++) {

        f = &model_bucket_table.fields[k];

        if (f->without == NULL) {
            continue;
        }

        if (i == 0) {
            row.word = f->parameter;
            row.without = f->without[0] != '\0' ? f->without : NULL;
            break;
        }

        i--;
    }

    return row;
}


static bool
ability_is(const ability_t *ability, const char *word, size_t len,
    bool variable)
{
    const char  *name;

    name = ability->word;

    if ((name[0] == '$') != variable) {
        return false;
    }

    name += variable;

    return strlen(name) == len && memcmp(name, word, len) == 0;
}


bool
ability_learn(const char *message, ability_set_t *set)
{
    size_t       c, i, len;
    ability_t    row;
    const char  *word, *end;

    for (c = 0; c < sizeof(ability_complaints) / sizeof(ability_complaints[0]);
         c++)
    {
        word = strstr(message, ability_complaints[c].before);
        if (word == NULL) {
            continue;
        }

        word += strlen(ability_complaints[c].before);
        end = strchr(word, '"');

        if (end == NULL || strncmp(end, ability_complaints[c].behind,
                                   strlen(ability_complaints[c].behind)) != 0)
        {
            continue;
        }

        len = (size_t) (end - word);

        for (i = 0; (row = ability_at(i)).word != NULL; i++) {

            if (!ability_is(&row, word, len, ability_complaints[c].variable)
                || (*set & (ability_set_t) 1 << i) != 0)
            {
                continue;
            }

            *set |= (ability_set_t) 1 << i;
            return true;
        }
    }

    return false;
}


bool
ability_lacks(ability_set_t set, const char *word)
{
    size_t  i;

    for (i = 0; ability_at(i).word != NULL; i++) {
        if (strcmp(ability_at(i).word, word) == 0) {
            return (set & (ability_set_t) 1 << i) != 0;
        }
    }

    return false;
}


/* the row of what is not known; false: it is known, or nothing of ours */

static bool
ability_find(const char *word, size_t len, ability_set_t set, bool variable,
    ability_t *ret_row)
{
    size_t     i;
    ability_t  row;

    for (i = 0; (row = ability_at(i)).word != NULL; i++) {
        if ((set & (ability_set_t) 1 << i) != 0
            && ability_is(&row, word, len, variable))
        {
            *ret_row = row;
            return true;
        }
    }

    return false;
}


static size_t
ability_word(const char *line, size_t len, size_t *ret_end)
{
    size_t  begin, end;

    for (begin = *ret_end; begin < len && line[begin] == ' '; begin++) {
        /* void */
    }

    for (end = begin;
         end < len && line[end] != ' ' && line[end] != ';'
         && line[end] != '\n';
         end++)
    {
        /* void */
    }

    *ret_end = end;

    return begin;
}


/* pos: behind the directive */

static bool
ability_needed(const ability_t *ability, const char *line, size_t len,
    size_t pos)
{
    size_t       i, begin;
    const char  *word;

    for (i = 0; i < sizeof(ability_only) / sizeof(ability_only[0]); i++) {

        if (strcmp(ability->word, ability_only[i].directive) != 0) {
            continue;
        }

        word = ability_only[i].word;

        do {
            begin = ability_word(line, len, &pos);

            if (pos - begin == strlen(word)
                && memcmp(line + begin, word, pos - begin) == 0)
            {
                return false;
            }

        } while (pos != begin);

        return true;
    }

    return false;
}


/*
 * Is this line the beginning of a directive that is left out?  *ret_skip is
 * how much of it goes otherwise: a word before a directive.
 */

static bool
ability_dropped(const char *line, size_t len, ability_set_t set,
    size_t *ret_skip)
{
    bool       unknown;
    size_t     begin, end;
    ability_t  row;

    end = 0;
    *ret_skip = 0;

    begin = ability_word(line, len, &end);
    unknown = ability_find(line + begin, end - begin, set, false, &row);

    if (unknown && row.instead == NULL) {
        return !ability_needed(&row, line, len, end);
    }

    if (unknown) {
        *ret_skip = end;
    }

    /* with or without that word: what follows may be none of the module's */

    if (!unknown && (end - begin != strlen("s3edge_default")
                     || memcmp(line + begin, "s3edge_default", end - begin)
                        != 0))
    {
        return false;
    }

    begin = ability_word(line, len, &end);

    return ability_find(line + begin, end - begin, set, false, &row);
}


static bool
ability_in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_';
}


/* a line, with what stands in for variables */

static void
ability_put(const char *line, size_t len, ability_set_t set, strbuf_t *text)
{
    bool       unknown;
    size_t     end, i;
    ability_t  row;

    for (i = 0; i < len; i = end) {

        unknown = false;
        end = i + 1;

        if (line[i] == '$') {

            while (end < len && ability_in_name(line[end])) {
                end++;
            }

            unknown = ability_find(line + i + 1, end - i - 1, set, true, &row);
        }

        if (unknown) {
            strbuf_puts(text, row.instead);

        } else {
            strbuf_add(text, line + i, end - i);
        }
    }
}


void
ability_filter(const char *text, size_t len, ability_set_t set,
    strbuf_t *ret_text)
{
    int          depth;
    bool         drop;
    size_t       n, last, skip;
    const char  *end;

    drop = false;
    depth = 0;
    skip = 0;

    for ( /* void */ ; len > 0; text += n, len -= n) {

        end = memchr(text, '\n', len);
        n = end != NULL ? (size_t) (end - text) + 1 : len;

        if (!drop) {
            drop = ability_dropped(text, n, set, &skip);
            depth = 0;
        }

        if (!drop) {
            ability_put(text + skip, n - skip, set, ret_text);
            continue;
        }

        /* to its end: ";", or "}" of its block */

        for (last = n; last > 0 && (text[last - 1] == '\n'
                                    || text[last - 1] == ' '); last--)
        {
            /* void */
        }

        if (last == 0) {
            continue;
        }

        if (text[last - 1] == '{') {
            depth++;

        } else if (text[last - 1] == '}') {
            drop = --depth > 0;

        } else if (text[last - 1] == ';' && depth == 0) {
            drop = false;
        }
    }
}


void
ability_words(ability_set_t set, strbuf_t *ret_text)
{
    size_t       i;
    ability_t    row;
    const char  *comma;

    comma = "";

    for (i = 0; (row = ability_at(i)).word != NULL; i++) {
        if ((set & (ability_set_t) 1 << i) != 0 && row.without != NULL) {
            strbuf_printf(ret_text, "%s\"%s\" (%s)", comma, row.word,
                          row.without);
            comma = ", ";
        }
    }
}
