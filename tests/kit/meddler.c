/* Stands before the C library's calls to the disk: below $MEDDLER_DATA each takes as many milliseconds as the file
   $MEDDLER_ORDERS says, or is refused with EROFS where it says -1. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int ordered(void) {
    const char *path = getenv("MEDDLER_ORDERS");
    char text[16] = {0};
    ssize_t (*real_read)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int fd = path ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    real_read(fd, text, sizeof text - 1);
    close(fd);
    return atoi(text);
}

static int is_data(const char *path) {
    const char *data = getenv("MEDDLER_DATA");
    return data && path && strncmp(path, data, strlen(data)) == 0;
}

static int is_data_file(int fd) {
    char link[64], path[4096] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return readlink(link, path, sizeof path - 1) > 0 && is_data(path);
}

/* Nonzero when the call is to be refused. */
static int meddle(int concerned) {
    int millis, saved = errno;
    if (!concerned || (millis = ordered()) == 0) { errno = saved; return 0; }
    if (millis < 0) { errno = EROFS; return 1; }
    struct timespec pause = {millis / 1000, (millis % 1000) * 1000000L};
    nanosleep(&pause, NULL);
    errno = saved;
    return 0;
}

#define BEFORE(type, name, args, names, concerned)                  \
    type name args {                                                \
        static type(*real) args;                                    \
        if (!real) real = dlsym(RTLD_NEXT, #name);                  \
        return meddle(concerned) ? -1 : real names;                 \
    }

BEFORE(ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count), is_data_file(fd))
BEFORE(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at), is_data_file(fd))
BEFORE(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t at), (fd, bytes, count, at), is_data_file(fd))
BEFORE(int, ftruncate, (int fd, off_t length), (fd, length), is_data_file(fd))
BEFORE(int, ftruncate64, (int fd, off64_t length), (fd, length), is_data_file(fd))
BEFORE(int, rename, (const char *from, const char *to), (from, to), is_data(from))
BEFORE(int, unlink, (const char *path), (path), is_data(path))

/* A flush of a read-only disk has nothing to do. */
int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    meddle(is_data_file(fd));
    return real(fd);
}
int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    meddle(is_data_file(fd));
    return real(fd);
}

#define OPENING(name)                                                          \
    int name(const char *path, int flags, ...) {                               \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);         \
        va_list rest;                                                          \
        va_start(rest, flags);                                                 \
        int mode = flags & O_CREAT ? va_arg(rest, int) : 0;                    \
        va_end(rest);                                                          \
        int writes = (flags & O_ACCMODE) != O_RDONLY;                          \
        return meddle(writes && is_data(path)) ? -1 : real(path, flags, mode); \
    }
OPENING(open)
OPENING(open64)
