
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of somebody else's on a terminal or in a log: what would be obeyed
 * instead of shown (C0 and C1 controls, DEL, what turns the direction of text
 * or breaks its line, bytes that are not UTF-8) is written out.
 */

#ifndef _ESCAPE_H_INCLUDED_
#define _ESCAPE_H_INCLUDED_


#include <stddef.h>


#define ESCAPE_UNIT_MAX  16        /* the NUL included */


typedef enum {
    ESCAPE_TEXT = 0,               /* "\x1b", "\u202e"; the rest as it is */
    ESCAPE_BYTES,                  /* printable ASCII and "\n" as they are,
                                      "\" doubled, any other byte "\xNN" */
    ESCAPE_JSON                    /* of a JSON document in UTF-8: it stays
                                      the same document */
} escape_how_t;


/*
 * Takes the next character off text, which is not empty, and puts what is to
 * be shown for it, NUL-terminated, into unit.  Returns the bytes taken.
 */
size_t escape_unit(escape_how_t how, const char *text, size_t len,
    char unit[ESCAPE_UNIT_MAX]);

/*
 * All of text, as far as dst has room for whole units and a NUL.  Returns the
 * length of what is there.
 */
size_t escape_text(escape_how_t how, const char *text, size_t len, char *dst,
    size_t size);

/* the columns it takes, a character counted as one */
size_t escape_width(escape_how_t how, const char *text, size_t len);


#endif /* _ESCAPE_H_INCLUDED_ */
