
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target on files, without libFuzzer: the corpus stays a test
 * where there is no clang.  Each argument is a file or a folder of files.
 */

#include <dirent.h>

#include "fuzz.h"


static int replay(const char *path);
static int replay_file(const char *path);
static int replay_folder(DIR *dir, const char *path);


static int
replay(const char *path)
{
    int   rc;
    DIR  *dir;

    dir = opendir(path);
    if (dir == NULL) {
        return replay_file(path);
    }

    rc = replay_folder(dir, path);
    (void) closedir(dir);

    return rc;
}


/* the number of files, or -1 */

static int
replay_folder(DIR *dir, const char *path)
{
    int             n;
    char            file[4096];
    struct dirent  *entry;

    for (n = 0; (entry = readdir(dir)) != NULL; ) {
        if (entry->d_name[0] == '.') {
            continue;
        }

        if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name)
            >= (int) sizeof(file)
            || replay_file(file) == -1)
        {
            return -1;
        }

        n++;
    }

    return n;
}


static int
replay_file(const char *path)
{
    long      size;
    FILE     *file;
    uint8_t  *data;

    file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0
        || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
    {
        perror(path);
        return -1;
    }

    data = malloc(size != 0 ? (size_t) size : 1);
    fuzz_check(data != NULL);
    fuzz_check(fread(data, 1, (size_t) size, file) == (size_t) size);
    (void) fclose(file);

    (void) LLVMFuzzerTestOneInput(data, (size_t) size);
    free(data);

    return 1;
}


int
main(int argc, char **argv)
{
    int  i, n, total;

    total = 0;

    for (i = 1; i < argc; i++) {
        n = replay(argv[i]);
        if (n == -1) {
            return 1;
        }

        total += n;
    }

    (void) printf("%s: %d inputs\n", argv[0], total);

    return total == 0;
}
