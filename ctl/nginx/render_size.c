
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sizes that follow from the settings, where these do not say them.
 */


#include "nginx/render.h"


#define RENDER_NOFILE           65536
#define RENDER_CONNECTIONS      4096

/* a client's, an origin's, a file that is read, one that is written */
#define RENDER_CONNECTION_FILES  4

/* nginx: 128 bytes of the zone for each object */
#define RENDER_KEY              128
#define RENDER_OBJECT           65536      /* a small average */
#define RENDER_KEYS_MIN         (64LL * 1024 * 1024)
#define RENDER_KEYS_MAX         (4LL * 1024 * 1024 * 1024)


int64_t
render_nofile(const render_t *render)
{
    int64_t  need;

    if (render->config->nginx.worker_rlimit_nofile != 0) {
        return render->config->nginx.worker_rlimit_nofile;
    }

    need = render->config->nginx.worker_connections * RENDER_CONNECTION_FILES;

    if (need < RENDER_NOFILE) {
        need = RENDER_NOFILE;
    }

    return need < render->nofile ? need : render->nofile;
}


int64_t
render_connections(const render_t *render)
{
    int64_t  max;

    if (render->config->nginx.worker_connections != 0) {
        return render->config->nginx.worker_connections;
    }

    max = render_nofile(render) / RENDER_CONNECTION_FILES;

    return max < RENDER_CONNECTIONS ? max : RENDER_CONNECTIONS;
}


/*
 * In steps of two: another size is another zone, for which nginx reads the
 * names of all files again.
 */

int64_t
render_keys_zone(const config_t *config, const config_disk_t *disk)
{
    int64_t  size;

    if (config->cache.keys_zone != 0) {
        return config->cache.keys_zone;
    }

    size = RENDER_KEYS_MIN;

    while (size < disk->max_size / RENDER_OBJECT * RENDER_KEY
           && size < RENDER_KEYS_MAX)
    {
        size *= 2;
    }

    return size;
}
