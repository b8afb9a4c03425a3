
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls that ctl must not make: included by force (-include) in each file.
 */

#ifndef _BANNED_H_INCLUDED_
#define _BANNED_H_INCLUDED_


#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#undef alloca

#pragma GCC poison  strcpy strcat sprintf vsprintf gets strtok atoi atol
#pragma GCC poison  system popen alloca


#endif /* _BANNED_H_INCLUDED_ */
