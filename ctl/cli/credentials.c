
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stddef.h>

#include "cli/credentials.h"
#include "cli/entity.h"
#include "cli/member.h"
#include "cli/output.h"
#include "entity/credentials.h"


static void credentials_added(const json_t *answer);


static const entity_member_t  credentials_members[] = {
    { NULL, NULL, NULL, NULL }
};


static const entity_t  credentials_entity = {
    &credentials_table, "/api/credentials", "credentials",
    credentials_members, member_keys, credentials_added
};


int
credentials_run_add(command_call_t *call)
{
    return entity_add(call, &credentials_entity);
}


int
credentials_run_set(command_call_t *call)
{
    return entity_set(call, &credentials_entity);
}


int
credentials_run_list(command_call_t *call)
{
    return entity_list(call, &credentials_entity);
}


int
credentials_run_show(command_call_t *call)
{
    return entity_show(call, &credentials_entity);
}


int
credentials_run_rm(command_call_t *call)
{
    return entity_rm(call, &credentials_entity);
}


static void
credentials_added(const json_t *answer)
{
    output_line("buckets may name credentials %s",
                output_text(answer, "name"));
}
