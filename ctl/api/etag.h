
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * ETags of entities, and If-Match and If-None-Match against lost updates.
 */

#ifndef _API_ETAG_H_INCLUDED_
#define _API_ETAG_H_INCLUDED_


#include "api/reply.h"


/* nothing for one of the YAML, which has no revisions */
void etag_reply(reply_t *reply, int64_t created_at, int64_t revision);

/*
 * May one be changed that is so, by a request_t?  Revision 0: there is none.
 * For control_edit_t.
 */
bool etag_allows(const void *request, int64_t created_at, int64_t revision);


#endif /* _API_ETAG_H_INCLUDED_ */
