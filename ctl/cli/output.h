
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the command line prints: tables, lists and sentences for people, JSON
 * for programs.  All of it goes through base/escape.h, so that no key or
 * message can play with the terminal.
 */

#ifndef _CLI_OUTPUT_H_INCLUDED_
#define _CLI_OUTPUT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <jansson.h>


#define OUTPUT_COLUMNS_MAX  12
#define OUTPUT_TEXT_MAX     64
#define OUTPUT_WORDS_MAX    128


/* exit codes of s3edgectl */

#define EXIT_DONE         0
#define EXIT_REFUSED      1        /* the daemon said no */
#define EXIT_USAGE        2
#define EXIT_UNREACHABLE  3


/* one line on stdout, indented; drops the reference; NULL is no memory */
int output_json(json_t *json);

/* one sentence on stdout */
void output_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "s3edgectl: ..." on stderr; returns code, for "return output_error()" */
int output_error(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * rows is an array of arrays of strings; the columns are as wide as they
 * must be.
 */
void output_table(const char *const *heads, size_t n, const json_t *rows);

/* "name      value": one line of a list */
void output_pair(const char *name, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* the same with the value in another column than the usual one */
void output_pair_at(size_t width, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* a line on stderr, a terminal, in place of the one before */
void output_draw(const char *text);

/* "1h30m", written to text */
const char *output_duration(int64_t seconds, char text[OUTPUT_TEXT_MAX]);

/* "1.5 GiB" */
const char *output_size(int64_t bytes, char text[OUTPUT_TEXT_MAX]);

/* the member as text; "-" where there is none */
const char *output_text(const json_t *object, const char *key);

/* a member that is an array of texts: "object,list"; "none" if it is empty */
const char *output_words(const json_t *object, const char *key,
    char text[OUTPUT_WORDS_MAX]);


#endif /* _CLI_OUTPUT_H_INCLUDED_ */
