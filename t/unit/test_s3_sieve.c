
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Random operations, against the order as a list that is walked by index.
 */

#include <stdlib.h>

#include "guard.h"
#include "pick.h"
#include "s3_sieve.h"


#define NODES    24
#define STEPS    300000
#define ROOM     100


typedef struct {
    const char       *name;
    const char       *visited;     /* '1' of each node, the oldest first */
    const char       *held;
    unsigned          steps;
    int               evicted[4];  /* one after the other; -1: none */
} evict_row_t;


typedef struct {
    s3_sieve_node_t   nodes[NODES];
    s3_sieve_t        sieve;

    size_t            n;           /* in the order, the oldest first */
    unsigned          list[NODES];
    size_t            hand;        /* in list; n: the oldest */
    size_t            walk;        /* evicted since it was there */

    unsigned          in[NODES];
    unsigned          visited[NODES];
    unsigned          held[NODES];
} model_t;


static const evict_row_t  evict_rows[] = {
    { "oldest first", "0000", "0000", 8, { 0, 1, 2, 3 } },
    { "visited is spared once", "1010", "0000", 8, { 1, 3, 0, 2 } },
    { "all visited", "1111", "0000", 8, { 0, 1, 2, 3 } },
    { "held stays", "0000", "0101", 8, { 0, 2, -1, -1 } },
    { "all held", "0000", "1111", 8, { -1, -1, -1, -1 } },
    { "all held and visited", "1111", "1111", 1, { -1, -1, -1, -1 } },
    { "one step, then what is not held", "1111", "0000", 1, { 1, 3, 0, 2 } },
    { "two steps", "1111", "0000", 2, { 2, 0, 1, 3 } },
    { "held ones count as steps", "0001", "1110", 2, { 3, -1, -1, -1 } },
    { "more held ones than twice the steps", "0000", "1100", 1,
      { -1, 2, 3, -1 } }
};


static void
test_evict(void **state)
{
    int                 got;
    size_t              i, j;
    s3_sieve_t          sieve;
    s3_sieve_node_t     nodes[4], *node;
    const evict_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(evict_rows); i++) {
        r = &evict_rows[i];
        s3_sieve_init(&sieve);

        for (j = 0; j < 4; j++) {
            memset(&nodes[j], 0xee, sizeof(s3_sieve_node_t));
            nodes[j].held = r->held[j] == '1';
            s3_sieve_insert(&sieve, &nodes[j]);
            guard_int(r->name, "visited", nodes[j].visited, 0);

            if (r->visited[j] == '1') {
                s3_sieve_visit(&nodes[j]);
            }
        }

        for (j = 0; j < 4; j++) {
            node = s3_sieve_evict(&sieve, r->steps);
            got = (node != NULL) ? (int) (node - nodes) : -1;
            guard_int(r->name, "evicted", got, r->evicted[j]);
        }
    }
}


static void
test_empty(void **state)
{
    s3_sieve_t       sieve;
    s3_sieve_node_t  node;

    (void) state;

    s3_sieve_init(&sieve);
    assert_null(s3_sieve_evict(&sieve, 8));

    memset(&node, 0, sizeof(s3_sieve_node_t));
    s3_sieve_insert(&sieve, &node);
    s3_sieve_remove(&sieve, &node);
    assert_null(sieve.newest);
    assert_null(sieve.oldest);
    assert_null(sieve.hand);
    assert_null(s3_sieve_evict(&sieve, 8));
}


/*
 * All that is asked for changes at once.  By the paper, the hand would stay
 * with the new ones; it returns to the old ones, and a loop that has room is
 * there in the end.
 */

static void
test_change(void **state)
{
    size_t            i, hits;
    s3_sieve_t        sieve;
    s3_sieve_node_t  *node, *nodes;
    unsigned char    *in;

    (void) state;

    /* room for 100; 80 old ones, then a loop of 40 new ones */

    nodes = calloc(120, sizeof(s3_sieve_node_t));
    in = calloc(120, 1);
    assert_non_null(nodes);
    assert_non_null(in);
    s3_sieve_init(&sieve);

    for (i = 0; i < 80; i++) {
        s3_sieve_insert(&sieve, &nodes[i]);
        s3_sieve_visit(&nodes[i]);
        in[i] = 1;
    }

    for (i = 0, hits = 0; i < 40 * 20; i++) {
        node = &nodes[80 + i % 40];

        if (in[node - nodes]) {
            s3_sieve_visit(node);
            hits += i >= 40 * 10;
            continue;
        }

        if (sieve.n == 100) {
            in[s3_sieve_evict(&sieve, 1024) - nodes] = 0;
        }

        in[node - nodes] = 1;
        s3_sieve_insert(&sieve, node);
    }

    assert_int_equal(sieve.n, 100);
    assert_int_equal(hits, 40 * 10);

    free(nodes);
    free(in);
}


/*
 * All that is there is purged: nobody can ask for it any more.  By the paper
 * it might stay for ever where the new ones are never asked for again; here
 * it is gone when three times as many have come as there are.
 */

static void
test_purged(void **state)
{
    size_t            i, left, came;
    uint64_t          seed;
    unsigned          round, chance;
    s3_sieve_t        sieve;
    s3_sieve_node_t  *node, nodes[ROOM];
    unsigned char     old[ROOM];

    (void) state;

    seed = 11;

    for (round = 0; round < 2000; round++) {
        s3_sieve_init(&sieve);
        memset(nodes, 0, sizeof(nodes));

        for (i = 0; i < ROOM; i++) {
            s3_sieve_insert(&sieve, &nodes[i]);
        }

        /* the hand anywhere, and any of them marked */

        for (i = pick(&seed, 4 * ROOM); i != 0; i--) {
            s3_sieve_visit(&nodes[pick(&seed, ROOM)]);

            if (pick(&seed, 2)) {
                s3_sieve_insert(&sieve, s3_sieve_evict(&sieve, 1024));
            }
        }

        for (i = 0; i < ROOM && round % 2; i++) {
            s3_sieve_visit(&nodes[i]);
        }

        memset(old, 1, sizeof(old));
        chance = round % 5;                /* that a new one is asked for */

        for (left = ROOM, came = 0; left != 0; came++) {
            node = s3_sieve_evict(&sieve, 1024);
            left -= old[node - nodes];
            old[node - nodes] = 0;
            s3_sieve_insert(&sieve, node);

            i = pick(&seed, ROOM);

            if (!old[i] && pick(&seed, 4) < chance) {
                s3_sieve_visit(&nodes[i]);
            }

            assert_true(came <= 3 * ROOM);
        }
    }
}


static void
model_take(model_t *m, size_t at)
{
    m->in[m->list[at]] = 0;
    m->n--;

    memmove(&m->list[at], &m->list[at + 1],
            (m->n - at) * sizeof(m->list[0]));

    /* behind the newest, the hand is at the oldest again */

    if (m->hand > at) {
        m->hand--;
    }
}


static int
model_evict(model_t *m, unsigned steps)
{
    size_t    at;
    unsigned  i, id;

    for (i = 0; i < 2 * steps && m->n != 0; i++) {
        if (m->hand >= m->n || m->walk > m->n) {
            m->hand = 0;
            m->walk = 0;
        }

        at = m->hand;
        id = m->list[at];

        if (!m->held[id] && (!m->visited[id] || i >= steps)) {
            model_take(m, at);
            m->walk++;
            return (int) id;
        }

        m->visited[id] = 0;
        m->hand = at + 1;
    }

    return -1;
}


static void
model_compare(const model_t *m)
{
    size_t                  i;
    const s3_sieve_node_t  *node, *older;

    older = NULL;
    node = m->sieve.oldest;

    for (i = 0; i < m->n; i++) {
        assert_ptr_equal(node, &m->nodes[m->list[i]]);
        assert_ptr_equal(node->older, older);
        assert_int_equal(node->visited, m->visited[m->list[i]]);

        older = node;
        node = node->newer;
    }

    assert_null(node);
    assert_ptr_equal(m->sieve.newest, older);

    /* NULL is the oldest, too */

    node = (m->sieve.hand != NULL) ? m->sieve.hand : m->sieve.oldest;

    if (m->n != 0) {
        i = (m->hand < m->n) ? m->hand : 0;
        assert_ptr_equal(node, &m->nodes[m->list[i]]);
    }
}


static void
model_insert(model_t *m, unsigned id)
{
    /* a hand behind the newest is at the oldest, whatever comes */

    if (m->hand >= m->n) {
        m->hand = 0;
        m->walk = 0;
    }

    m->list[m->n++] = id;
    m->in[id] = 1;
    m->visited[id] = 0;
    s3_sieve_insert(&m->sieve, &m->nodes[id]);
}


static void
model_remove(model_t *m, unsigned id)
{
    size_t  at;

    for (at = 0; m->list[at] != id; at++) { /* void */ }

    model_take(m, at);
    s3_sieve_remove(&m->sieve, &m->nodes[id]);
}


static void
test_random(void **state)
{
    int               want;
    model_t          *m;
    uint32_t          id;
    uint64_t          seed;
    unsigned          steps, step;
    s3_sieve_node_t  *node;

    (void) state;

    m = calloc(1, sizeof(model_t));
    assert_non_null(m);

    s3_sieve_init(&m->sieve);
    seed = 7;

    for (step = 0; step < STEPS; step++) {
        id = pick(&seed, NODES);

        switch (pick(&seed, 8)) {

        case 0:
        case 1:
            if (!m->in[id]) {
                model_insert(m, id);
            }
            break;

        case 2:
        case 3:
            if (m->in[id]) {
                m->visited[id] = 1;
                s3_sieve_visit(&m->nodes[id]);
            }
            break;

        case 4:
            m->held[id] = pick(&seed, 4) == 0 ? 1 + pick(&seed, 3) : 0;
            m->nodes[id].held = m->held[id];
            break;

        case 5:
            if (m->in[id]) {
                model_remove(m, id);
            }
            break;

        default:
            steps = 1 + pick(&seed, 1U << pick(&seed, 7));
            want = model_evict(m, steps);
            node = s3_sieve_evict(&m->sieve, steps);
            assert_ptr_equal(node, want == -1 ? NULL : &m->nodes[want]);
        }

        model_compare(m);
    }

    free(m);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_evict),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_purged),
        cmocka_unit_test(test_random)
    };

    return cmocka_run_group_tests_name("s3_sieve", tests, NULL, NULL);
}
