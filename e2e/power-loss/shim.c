// A disk that forgets: keeps in POWER_LOSS_SHADOW what of POWER_LOSS_DATA would still be there after a power cut.
//
//   cc -shared -fPIC -O2 -Wall -Wextra -o power-loss.so shim.c
//   LD_PRELOAD=power-loss.so POWER_LOSS_DATA=/data POWER_LOSS_SHADOW=/shadow POWER_LOSS_BOOT_ID=/file program
//
// Both directories must be there, without links in their paths, and the shadow must hold what the data directory
// holds, plus an empty directory `.synced`. Only files directly in the data directory count. What a file holds is
// durable from its fsync or fdatasync on; that it is there at all, or not any more, from the fsync of its directory
// on. To cut the power: kill -9 the program, put the shadow (without `.synced`) in the place of the data directory.
// A power cut is a boot, too: where POWER_LOSS_BOOT_ID names a file, it is read instead of the kernel's boot_id.
//
// Whatever goes wrong in here aborts the program: a shim that fails in silence proves nothing.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

typedef char Path[2 * PATH_MAX];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void must(int ok, const char *what) {
    if (ok) return;
    perror(what);
    abort();
}

static const char *setting(const char *name) {
    const char *value = getenv(name);
    must(value != NULL, name);
    return value;
}

static void join(Path out, const char *directory, const char *name) {
    must(snprintf(out, sizeof(Path), "%s/%s", directory, name) < (int)sizeof(Path), name);
}

static int is_there(const char *directory, const char *name) {
    Path path;
    join(path, directory, name);
    return access(path, F_OK) == 0;
}

// Whole or not at all: the old copy must not be lost while the new one is made. Reads by the program's own descriptor:
// closing another one would drop the locks that the program has on the file.
static void copy(int from, const char *to) {
    Path half;
    char buffer[1 << 16];
    join(half, setting("POWER_LOSS_SHADOW"), ".synced/.half");
    int out = open(half, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(out >= 0, half);
    ssize_t n;
    for (off_t at = 0; (n = pread(from, buffer, sizeof buffer, at)) > 0; at += n)
        must(write(out, buffer, n) == n, half);
    must(n == 0 && close(out) == 0 && rename(half, to) == 0, to);
}

// A file was synced: its content is durable, and in place if its name is.
static void file_synced(int fd, const char *name) {
    const char *shadow = setting("POWER_LOSS_SHADOW");
    Path synced, to;
    join(synced, shadow, ".synced");
    join(to, is_there(shadow, name) ? shadow : synced, name);
    copy(fd, to);
}

// A name became durable: with what was synced of the file, or empty.
static void appear(const char *name) {
    Path directory, synced, to;
    join(directory, setting("POWER_LOSS_SHADOW"), ".synced");
    join(synced, directory, name);
    join(to, setting("POWER_LOSS_SHADOW"), name);
    if (rename(synced, to) == 0) return;
    int empty = open(to, O_WRONLY | O_CREAT, 0600);
    must(empty >= 0 && close(empty) == 0, to);
}

static void vanish(const char *name) {
    Path path;
    join(path, setting("POWER_LOSS_SHADOW"), name);
    must(unlink(path) == 0, path);
}

// Calls `act` for each file that is in one directory and not in the other.
static void only_in(const char *one, const char *other, void (*act)(const char *)) {
    DIR *directory = opendir(one);
    must(directory != NULL, one);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_type == DT_REG && !is_there(other, entry->d_name)) act(entry->d_name);
    closedir(directory);
}

static void directory_synced(void) {
    only_in(setting("POWER_LOSS_DATA"), setting("POWER_LOSS_SHADOW"), appear);
    only_in(setting("POWER_LOSS_SHADOW"), setting("POWER_LOSS_DATA"), vanish);
}

static void synced(int fd) {
    char link[64];
    Path path;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    must(n > 0, link);
    path[n] = '\0';
    const char *data = setting("POWER_LOSS_DATA");
    size_t length = strlen(data);
    if (strncmp(path, data, length) != 0) return;
    const char *name = path + length + 1;
    pthread_mutex_lock(&lock);
    if (path[length] == '\0') directory_synced();
    else if (path[length] == '/' && strchr(name, '/') == NULL) file_synced(fd, name);
    pthread_mutex_unlock(&lock);
}

static int sync_and_keep(const char *function, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);
    int result = real(fd);
    if (result == 0) synced(fd);
    return result;
}

int fsync(int fd) { return sync_and_keep("fsync", fd); }
int fdatasync(int fd) { return sync_and_keep("fdatasync", fd); }

int open64(const char *path, int flags, ...) {
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    const char *boot_id = getenv("POWER_LOSS_BOOT_ID");
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return real(boot_id != NULL && strcmp(path, BOOT_ID) == 0 ? boot_id : path, flags, mode);
}
