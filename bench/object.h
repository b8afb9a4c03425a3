
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The objects of bench/churn: size and bytes are a function of number and
 * version, so that any byte of another object or version is found.
 */

#ifndef _OBJECT_H_INCLUDED_
#define _OBJECT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>


#define OBJECT_MAX        (128 * 1024)

/* from this number on all have one size and one version: 4 chunks each */
#define OBJECT_FILL       10000000
#define OBJECT_FILL_SIZE  3000


static inline uint64_t
object_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;

    return x ^ x >> 31;
}


static inline uint64_t
object_seed(uint32_t n, uint32_t version)
{
    return object_mix((uint64_t) n << 32 | version);
}


/* each power of two as often as the next, small ones more often */

static inline size_t
object_size(uint32_t n, uint32_t version)
{
    uint64_t  x;
    unsigned  a, b;

    if (n >= OBJECT_FILL) {
        return OBJECT_FILL_SIZE;
    }

    x = object_seed(n, version);

    if (x % 64 == 0) {
        return OBJECT_MAX;
    }

    a = (unsigned) (x >> 8) % 17;
    b = (unsigned) (x >> 16) % 17;

    if (b < a && x % 8 != 1) {
        a = b;
    }

    return 1 + (size_t) ((x >> 24) % ((uint64_t) 2 << a));
}


/* bytes from an offset on */

static inline void
object_bytes(uint32_t n, uint32_t version, size_t from, size_t len,
    unsigned char *dst)
{
    size_t    skip, part;
    uint64_t  seed, word;

    seed = object_seed(n, version);

    while (len != 0) {
        word = object_mix(seed + from / sizeof(word));
        skip = from % sizeof(word);
        part = sizeof(word) - skip;

        if (part > len) {
            part = len;
        }

        memcpy(dst, (unsigned char *) &word + skip, part);

        dst += part;
        from += part;
        len -= part;
    }
}


/* the file of versions, as it is now and will be; NULL where it fails */

static inline const volatile uint32_t *
object_versions(const char *name, size_t *ret_n)
{
    int          fd;
    void        *p;
    struct stat  st;

    fd = open(name, O_RDONLY);
    if (fd == -1) {
        return NULL;
    }

    p = MAP_FAILED;

    if (fstat(fd, &st) != -1) {
        p = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    }

    (void) close(fd);

    if (p == MAP_FAILED) {
        return NULL;
    }

    *ret_n = (size_t) st.st_size / sizeof(uint32_t);

    return p;
}


#endif /* _OBJECT_H_INCLUDED_ */
