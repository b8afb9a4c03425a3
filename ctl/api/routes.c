
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "api/bucket.h"
#include "api/cache.h"
#include "api/content.h"
#include "api/credentials.h"
#include "api/generation.h"
#include "api/journal.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/purge.h"
#include "api/routes.h"
#include "api/swagger.h"
#include "api/system.h"
#include "api/warming.h"


const route_t  routes[] = {

    { "GET", "/api/health", "getHealth", system_health, ROUTE_OPEN },
    { "GET", "/api/ready", "getReady", system_ready, ROUTE_OPEN },
    { "GET", "/api/version", "getVersion", system_version, 0 },
    { "GET", "/api/config", "getConfig", system_config, 0 },

    { "GET", "/api/buckets", "listBuckets", bucket_list, 0 },
    { "POST", "/api/buckets", "createBucket", bucket_create, 0 },
    { "GET", "/api/buckets/{name}", "getBucket", bucket_get, 0 },
    { "PUT", "/api/buckets/{name}", "putBucket", bucket_put, 0 },
    { "PATCH", "/api/buckets/{name}", "patchBucket", bucket_patch, 0 },
    { "DELETE", "/api/buckets/{name}", "deleteBucket", bucket_delete, 0 },

    { "GET", "/api/credentials", "listCredentials", credentials_list, 0 },
    { "POST", "/api/credentials", "createCredentials", credentials_create,
      0 },
    { "GET", "/api/credentials/{name}", "getCredentials", credentials_get,
      0 },
    { "PUT", "/api/credentials/{name}", "putCredentials", credentials_put,
      0 },
    { "PATCH", "/api/credentials/{name}", "patchCredentials",
      credentials_patch, 0 },
    { "DELETE", "/api/credentials/{name}", "deleteCredentials",
      credentials_delete, 0 },

    { "GET", "/api/generations", "listGenerations", generation_list, 0 },
    { "GET", "/api/generations/{n}", "getGeneration", generation_get, 0 },
    { "GET", "/api/generations/{n}/diff", "diffGenerations", generation_diff,
      0 },
    { "GET", "/api/generations/{n}/conf", "getGenerationConf",
      generation_conf, 0 },
    { "POST", "/api/generations/{n}/rollback", "rollback",
      generation_rollback, 0 },

    { "GET", "/api/cache/stats", "getCacheStats", cache_stats, 0 },
    { "POST", "/api/cache/clear", "clearCache", purge_clear, 0 },
    { "POST", "/api/cache/purge", "purgeCache", purge_keys, 0 },
    { "GET", "/api/cache/objects", "listObjects", content_list, 0 },

    { "GET", "/api/cache/reclaim", "getReclaim", content_reclaim_get, 0 },
    { "POST", "/api/cache/reclaim", "startReclaim", content_reclaim, 0 },
    { "DELETE", "/api/cache/reclaim", "cancelReclaim", content_reclaim_cancel,
      0 },

    { "GET", "/api/cache/warm", "listWarmJobs", warming_list, 0 },
    { "POST", "/api/cache/warm", "startWarmJob", warming_start, 0 },
    { "GET", "/api/cache/warm/{id}", "getWarmJob", warming_get, 0 },
    { "DELETE", "/api/cache/warm/{id}", "cancelWarmJob", warming_cancel, 0 },

    { "GET", "/api/audit", "listAudit", journal_list, 0 },

    { "GET", "/metrics", "getMetrics", metrics_get, 0 },

    { "GET", "/api/openapi.json", "getOpenapi", openapi_get, ROUTE_OPEN },

    { "GET", "/", NULL, swagger_root, ROUTE_OPEN },
    { "GET", "/swagger-ui", "getSwaggerUi", swagger_page, ROUTE_OPEN },
    { "GET", "/swagger-ui/", NULL, swagger_page, ROUTE_OPEN },
    { "GET", "/swagger-ui/{file}", NULL, swagger_file, ROUTE_OPEN }
};


const size_t  routes_n = sizeof(routes) / sizeof(routes[0]);
