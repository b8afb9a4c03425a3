
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A nginx that s3edged starts and supervises: a daemon of its own, which
 * outlives s3edged and is taken over by the next one.
 */

#ifndef _MANAGED_H_INCLUDED_
#define _MANAGED_H_INCLUDED_


#include "nginx/nginx_ops.h"


extern const nginx_ops_t  managed_ops;


#endif /* _MANAGED_H_INCLUDED_ */
