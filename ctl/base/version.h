
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef _VERSION_H_INCLUDED_
#define _VERSION_H_INCLUDED_


#ifndef S3EDGE_VERSION
#define S3EDGE_VERSION  "0.1.0"
#endif


#endif /* _VERSION_H_INCLUDED_ */
