/* Stands between a process and its disk (LD_PRELOAD): counts the writes beneath a folder, refuses some of them as a full
   disk does, and records what was written, synced and renamed, in the order in which it happened. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, SYNC, CREATE, UNLINK, RENAME };

/* What the test has in hand, in a file that both map. */
struct control { int64_t writes, full_from, full_until; };

static struct control *control;
static const char *folder;
static int record = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *place = getenv("DISK_CONTROL"), *kept = getenv("DISK_RECORD");
    folder = getenv("DISK_FOLDER");
    if (!folder || !place) return;
    int file = REAL(open)(place, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) control = mapped;
    if (kept) record = REAL(open)(kept, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int beneath(const char *path) {
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* The path of a descriptor in `path`, if it is one of a file beneath the folder. */
static int is_ours(int fd, char *path) {
    char link[64];
    if (!control || fd < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return beneath(path);
}

static int is_full(void) {
    int64_t number = __atomic_add_fetch(&control->writes, 1, __ATOMIC_SEQ_CST);
    if (number < control->full_from || number >= control->full_until) return 0;
    errno = ENOSPC;
    return 1;
}

/* One call of write for each record, so that those of several processes keep their order. */
static void note(int kind, const char *path, int64_t offset, const void *data, int64_t size) {
    if (record < 0 || strstr(path, "-shm")) return;
    int32_t length = (int32_t)strlen(path);
    size_t head = 2 * sizeof(int32_t) + 2 * sizeof(int64_t), whole = head + (size_t)length + (size_t)size;
    char *buffer = malloc(whole);
    if (!buffer) abort();
    int32_t first[2] = {kind, length};
    int64_t second[2] = {offset, size};
    memcpy(buffer, first, sizeof first);
    memcpy(buffer + sizeof first, second, sizeof second);
    memcpy(buffer + head, path, (size_t)length);
    if (size) memcpy(buffer + head + length, data, (size_t)size);
    if (REAL(write)(record, buffer, whole) != (ssize_t)whole) abort();
    free(buffer);
}

#define WRITING(call, place)                                                     \
    char path[PATH_MAX];                                                         \
    if (!is_ours(fd, path)) return call;                                         \
    if (is_full()) return -1;                                                    \
    pthread_mutex_lock(&turn);                                                   \
    int64_t offset = place;                                                      \
    ssize_t written = call;                                                      \
    if (written > 0) note(WRITE, path, offset, data, written);                   \
    pthread_mutex_unlock(&turn);                                                 \
    return written

ssize_t write(int fd, const void *data, size_t size) {
    WRITING(REAL(write)(fd, data, size), lseek(fd, 0, SEEK_CUR));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    WRITING(REAL(pwrite)(fd, data, size, at), at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    WRITING(REAL(pwrite64)(fd, data, size, at), at);
}

#define NOTED(kind, call, place)                                                 \
    char path[PATH_MAX];                                                         \
    if (!is_ours(fd, path)) return call;                                         \
    pthread_mutex_lock(&turn);                                                   \
    int done = call;                                                             \
    if (!done) note(kind, path, place, NULL, 0);                                 \
    pthread_mutex_unlock(&turn);                                                 \
    return done

int ftruncate(int fd, off_t size) { NOTED(TRUNCATE, REAL(ftruncate)(fd, size), size); }
int ftruncate64(int fd, off64_t size) { NOTED(TRUNCATE, REAL(ftruncate64)(fd, size), size); }
int fsync(int fd) { NOTED(SYNC, REAL(fsync)(fd), 0); }
int fdatasync(int fd) { NOTED(SYNC, REAL(fdatasync)(fd), 0); }

/* A file that is made anew needs room too. */
static int opened(const char *path, int flags, mode_t mode, int (*real)(const char *, int, ...)) {
    struct stat found;
    if (!control || !(flags & O_CREAT) || !beneath(path) || !stat(path, &found)) return real(path, flags, mode);
    if (is_full()) return -1;
    pthread_mutex_lock(&turn);
    int fd = real(path, flags, mode);
    if (fd >= 0) note(CREATE, path, 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return fd;
}

#define OPENING(name)                                                            \
    va_list more;                                                                \
    va_start(more, flags);                                                       \
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;                    \
    va_end(more);                                                                \
    return opened(path, flags, mode, REAL(name))

int open(const char *path, int flags, ...) { OPENING(open); }
int open64(const char *path, int flags, ...) { OPENING(open64); }

int unlink(const char *path) {
    if (!control || !beneath(path)) return REAL(unlink)(path);
    pthread_mutex_lock(&turn);
    int done = REAL(unlink)(path);
    if (!done) note(UNLINK, path, 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return done;
}

int rename(const char *from, const char *to) {
    if (!control || !beneath(from)) return REAL(rename)(from, to);
    pthread_mutex_lock(&turn);
    int done = REAL(rename)(from, to);
    if (!done) note(RENAME, from, 0, to, (int64_t)strlen(to));
    pthread_mutex_unlock(&turn);
    return done;
}
