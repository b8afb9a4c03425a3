
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How often an object is in memory: the store of the module itself, beside
 * LRU, SIEVE and S3-FIFO, on traces that are made here.
 *
 *     hitratio [TRACE.csv ...]
 *
 * A file has a key and a size in bytes in each line: key,size.  Exit status
 * 1: in some family, at some size of the cache, ours is below 0.98 of the best
 * of the three.  Loops that change, and purges, have 0.9: what comes in when
 * it is seen a second time misses once more at each change.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies.h"


#define REQUESTS     1000000
#define OBJECTS      20000
#define ONCE         600000        /* objects that are asked for once */
#define BODY         3500          /* bytes, where all are of one size */
#define BODY_MAX     131072
#define LIMIT        0.98
#define TEXT_MAX    8192

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))


typedef struct {
    const char  *name;
    void       (*make)(trace_t *trace, double skew);
    double       skew;
    double       floor;            /* of ours / best; 0: LIMIT */
} family_t;


static void make_zipf(trace_t *trace, double skew);
static void make_tiny(trace_t *trace, double skew);
static void make_normal(trace_t *trace, double skew);
static void make_even(trace_t *trace, double skew);
static void make_scan(trace_t *trace, double skew);
static void make_wonders(trace_t *trace, double skew);
static void make_wonders_mixed(trace_t *trace, double skew);
static void make_loop(trace_t *trace, double skew);
static void make_loops(trace_t *trace, double skew);
static void make_zipf_loop(trace_t *trace, double skew);
static void make_drift(trace_t *trace, double skew);
static void make_purges(trace_t *trace, double skew);


static const family_t  families[] = {
    { "Zipf 0.6", make_zipf, 0.6, 0 },
    { "Zipf 0.8", make_zipf, 0.8, 0 },
    { "Zipf 0.9", make_zipf, 0.9, 0 },
    { "Zipf 1.0", make_zipf, 1.0, 0 },
    { "Zipf 1.2", make_zipf, 1.2, 0 },
    { "Zipf 0.9, 300 B", make_tiny, 0.9, 0 },
    { "Zipf 0.9, sizes log-normal", make_normal, 0.9, 0 },
    { "Zipf 0.9, sizes log-even", make_even, 0.9, 0 },
    { "scans in Zipf 0.9", make_scan, 0.9, 0 },
    { "one-hit wonders in Zipf 0.9", make_wonders, 0.9, 0 },
    { "wonders, sizes log-normal", make_wonders_mixed, 0.9, 0 },
    { "loop", make_loop, 0, 0 },
    { "loops that change", make_loops, 0, 0.9 },
    { "loop in Zipf 0.9", make_zipf_loop, 0.9, 0 },
    { "Zipf 0.9 that drifts", make_drift, 0.9, 0 },
    { "purges in Zipf 0.9", make_purges, 0.9, 0.9 }
};


static const struct {
    const char  *name;
    policy_pt    policy;
} policies[] = {
    { "s3edge", policy_s3edge },
    { "LRU", policy_lru },
    { "SIEVE", policy_sieve },
    { "S3-FIFO", policy_s3fifo }
};


/* of the chunks of all objects, without those that come once */
static const double  shares[] = { 0.01, 0.05, 0.1, 0.25, 0.5 };

static uint64_t  seed;
static double    zipf_sums[OBJECTS];


static double
uniform(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return (double) (seed >> 11) / 9007199254740992.0;
}


static uint32_t
below(size_t n)
{
    return (uint32_t) (uniform() * (double) n);
}


static void
zipf_init(double skew)
{
    size_t  i;
    double  sum;

    sum = 0;

    for (i = 0; i < OBJECTS; i++) {
        sum += pow((double) (i + 1), -skew);
        zipf_sums[i] = sum;
    }
}


static uint32_t
zipf(void)
{
    size_t  low, high, mid;
    double  at;

    at = uniform() * zipf_sums[OBJECTS - 1];
    low = 0;
    high = OBJECTS - 1;

    while (low < high) {
        mid = (low + high) / 2;

        if (zipf_sums[mid] < at) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return (uint32_t) low;
}


static uint32_t
normal_size(void)
{
    double  n;

    n = sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
    n = exp(log(8192) + 1.5 * n);

    return n < 1 ? 1 : n > BODY_MAX ? BODY_MAX : (uint32_t) n;
}


static uint32_t
add_id(trace_t *trace, uint32_t size)
{
    size_t  n;

    n = trace->nids++;

    if (n == trace->ids_max) {
        (void) fprintf(stderr, "hitratio: too many objects\n");
        exit(1);
    }

    trace->sizes[n] = size;
    trace->chunks[n] = policy_chunks(size);

    return (uint32_t) n;
}


static void
add_objects(trace_t *trace, size_t n, uint32_t size)
{
    while (n-- != 0) {
        trace->core += trace->chunks[add_id(trace, size)];
    }
}


static void
ask(trace_t *trace, uint32_t id)
{
    trace->ids[trace->n++] = id;
}


static void
make_zipf(trace_t *trace, double skew)
{
    zipf_init(skew);

    if (trace->nids == 0) {
        add_objects(trace, OBJECTS, BODY);
    }

    while (trace->n < REQUESTS) {
        ask(trace, zipf());
    }
}


static void
make_tiny(trace_t *trace, double skew)
{
    add_objects(trace, OBJECTS, 300);
    make_zipf(trace, skew);
}


static void
make_normal(trace_t *trace, double skew)
{
    size_t  i;

    for (i = 0; i < OBJECTS; i++) {
        add_objects(trace, 1, normal_size());
    }

    make_zipf(trace, skew);
}


static void
make_even(trace_t *trace, double skew)
{
    size_t  i;

    for (i = 0; i < OBJECTS; i++) {
        add_objects(trace, 1, (uint32_t) exp(log(BODY_MAX) * uniform()));
    }

    make_zipf(trace, skew);
}


/* of every 10,000 requests, 4,000 are a scan of what nobody asks for again */

static void
make_scan(trace_t *trace, double skew)
{
    zipf_init(skew);
    add_objects(trace, OBJECTS, BODY);

    while (trace->n < REQUESTS) {
        ask(trace, trace->n % 10000 < 6000 ? zipf() : add_id(trace, BODY));
    }
}


/* three of ten are asked for once */

static void
make_wonders(trace_t *trace, double skew)
{
    zipf_init(skew);
    add_objects(trace, OBJECTS, BODY);

    while (trace->n < REQUESTS) {
        ask(trace, below(10) < 7 ? zipf() : add_id(trace, BODY));
    }
}


static void
make_wonders_mixed(trace_t *trace, double skew)
{
    size_t  i;

    zipf_init(skew);

    for (i = 0; i < OBJECTS; i++) {
        add_objects(trace, 1, normal_size());
    }

    while (trace->n < REQUESTS) {
        ask(trace, below(10) < 7 ? zipf() : add_id(trace, normal_size()));
    }
}


/* longer than each cache */

static void
make_loop(trace_t *trace, double skew)
{
    (void) skew;

    add_objects(trace, OBJECTS, BODY);

    while (trace->n < REQUESTS) {
        ask(trace, (uint32_t) (trace->n % OBJECTS));
    }
}


/* of 1,900 objects, others every 50,000 requests; three caches have room */

static void
make_loops(trace_t *trace, double skew)
{
    size_t  first;

    (void) skew;

    add_objects(trace, OBJECTS, BODY);

    while (trace->n < REQUESTS) {
        first = trace->n / 50000 * 1900;
        ask(trace, (uint32_t) ((first + trace->n % 1900) % OBJECTS));
    }
}


static void
make_zipf_loop(trace_t *trace, double skew)
{
    uint32_t  at;

    zipf_init(skew);
    add_objects(trace, OBJECTS + OBJECTS / 2, BODY);

    for (at = 0; trace->n < REQUESTS; /* void */ ) {
        ask(trace, below(2) ? zipf() : OBJECTS + at++ % (OBJECTS / 2));
    }
}


/* one object in 100 takes another's place every 5,000 requests */

static void
make_drift(trace_t *trace, double skew)
{
    size_t     i;
    uint32_t   a, b, id;
    uint32_t  *order;

    zipf_init(skew);
    add_objects(trace, OBJECTS, BODY);
    order = malloc(OBJECTS * sizeof(uint32_t));

    if (order == NULL) {
        exit(1);
    }

    for (i = 0; i < OBJECTS; i++) {
        order[i] = (uint32_t) i;
    }

    while (trace->n < REQUESTS) {
        for (i = 0; trace->n % 5000 == 0 && i < OBJECTS / 200; i++) {
            a = below(OBJECTS);
            b = below(OBJECTS);
            id = order[a];
            order[a] = order[b];
            order[b] = id;
        }

        ask(trace, order[zipf()]);
    }

    free(order);
}


/* every 100,000 requests all is purged: all objects have other keys */

static void
make_purges(trace_t *trace, double skew)
{
    size_t    i;
    uint32_t  first;

    zipf_init(skew);
    add_objects(trace, OBJECTS, BODY);
    first = 0;

    while (trace->n < REQUESTS) {

        if (trace->n != 0 && trace->n % (REQUESTS / 10) == 0) {
            first = (uint32_t) trace->nids;

            for (i = 0; i < OBJECTS; i++) {
                (void) add_id(trace, BODY);
            }
        }

        ask(trace, first + zipf());
    }
}


/* keys are told apart by 64 bits of a hash */

static int
read_file(trace_t *trace, const char *path)
{
    char       line[TEXT_MAX], *comma, *p;
    FILE      *file;
    size_t     mask, at;
    uint64_t   hash, *hashes;
    uint32_t  *ids;

    file = fopen(path, "r");
    mask = ((size_t) 1 << 22) - 1;
    hashes = calloc(mask + 1, sizeof(uint64_t));
    ids = calloc(mask + 1, sizeof(uint32_t));

    if (file == NULL || hashes == NULL || ids == NULL) {
        perror(path);
        return -1;
    }

    while (trace->n < trace->n_max && fgets(line, TEXT_MAX, file) != NULL) {

        comma = strrchr(line, ',');
        if (comma == NULL) {
            continue;
        }

        hash = 0xcbf29ce484222325ULL;

        for (p = line; p != comma; p++) {
            hash = (hash ^ (unsigned char) *p) * 0x100000001b3ULL;
        }

        hash |= 1;
        at = (hash ^ hash >> 32) & mask;

        while (hashes[at] != 0 && hashes[at] != hash) {
            at = (at + 1) & mask;
        }

        if (hashes[at] == 0) {
            hashes[at] = hash;
            ids[at] = (uint32_t) trace->nids;
            add_objects(trace, 1, (uint32_t) strtoul(comma + 1, NULL, 10));
        }

        ask(trace, ids[at]);
    }

    free(hashes);
    free(ids);
    (void) fclose(file);

    return trace->n != 0 ? 0 : -1;
}


/* a row for each size of the cache; the mean of ours / best */

static double
run(const trace_t *trace, double *ret_worst)
{
    size_t    i, j;
    double    ratios[COUNT(policies)], best, ratio, sum;
    uint32_t  budget;

    sum = 0;
    *ret_worst = 1e9;

    for (i = 0; i < COUNT(shares); i++) {
        budget = (uint32_t) ((double) trace->core * shares[i]);
        budget = budget < 64 ? 64 : budget;
        best = 0;

        (void) printf("| %s | %.0f %% |", trace->name, shares[i] * 100);

        for (j = 0; j < COUNT(policies); j++) {
            ratios[j] = (double) policies[j].policy(trace, budget)
                        / (double) trace->n;
            best = j != 0 && ratios[j] > best ? ratios[j] : best;
            (void) printf(" %.4f |", ratios[j]);
        }

        ratio = best > 0 ? ratios[0] / best : 1;
        (void) printf(" %.3f | %.3f |\n", ratio,
                      ratios[1] > 0 ? ratios[0] / ratios[1] : INFINITY);
        (void) fflush(stdout);

        /* where others have next to nothing, twice as much is enough */

        ratio = ratio > 2 ? 2 : ratio;
        sum += ratio;
        *ret_worst = ratio < *ret_worst ? ratio : *ret_worst;
    }

    return sum / COUNT(shares);
}


int
main(int argc, char **argv)
{
    int       rc;
    size_t    i, n;
    double    floor, means[64], worsts[64];
    trace_t   trace;

    memset(&trace, 0, sizeof(trace_t));
    trace.ids_max = OBJECTS * 2 + ONCE;
    trace.n_max = 20 * REQUESTS;

    if (argc == 1) {
        trace.n_max = REQUESTS;

    } else {
        trace.ids_max = 3 << 20;
    }

    trace.sizes = malloc(trace.ids_max * sizeof(uint32_t));
    trace.chunks = malloc(trace.ids_max * sizeof(uint32_t));
    trace.ids = malloc(trace.n_max * sizeof(uint32_t));

    if (trace.sizes == NULL || trace.chunks == NULL || trace.ids == NULL) {
        (void) fprintf(stderr, "hitratio: no memory\n");
        return 1;
    }

    n = (argc > 1) ? (size_t) argc - 1 : COUNT(families);
    n = n < COUNT(means) ? n : COUNT(means);
    rc = 0;

    (void) printf("| trace | cache | s3edge | LRU | SIEVE | S3-FIFO "
                  "| ours / best | ours / LRU |\n"
                  "| --- | --- | --- | --- | --- | --- | --- | --- |\n");

    for (i = 0; i < n; i++) {
        seed = 0x9e3779b97f4a7c15ULL + i;
        trace.nids = 0;
        trace.n = 0;
        trace.core = 0;
        trace.name = (argc > 1) ? argv[i + 1] : families[i].name;

        if (argc == 1) {
            families[i].make(&trace, families[i].skew);

        } else if (read_file(&trace, argv[i + 1]) != 0) {
            return 1;
        }

        means[i] = run(&trace, &worsts[i]);
    }

    (void) printf("\n| trace | mean of ours / best | worst |\n"
                  "| --- | --- | --- |\n");

    for (i = 0; i < n; i++) {
        floor = (argc > 1 || families[i].floor <= 0) ? LIMIT
                                                     : families[i].floor;
        rc |= !(worsts[i] >= floor);
        (void) printf("| %s | %.3f | %.3f |\n",
                      (argc > 1) ? argv[i + 1] : families[i].name, means[i],
                      worsts[i]);
    }

    free(trace.sizes);
    free(trace.chunks);
    free(trace.ids);

    return rc;
}
