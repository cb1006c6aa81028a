/*
 * A disk that keeps what was synced, and nothing else: after each fsync or fdatasync of a file below PLUMBLINE_WATCHED its content is
 * copied to PLUMBLINE_SYNCED, under its path with "%" for "/". A test then ends the process and puts the copies back, as a power cut
 * would. Loaded by LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* False where the copy could not be made: a test that went on would prove nothing. */
static int copy(const char *from, const char *to) {
  char half[PATH_MAX + 8];
  static char buffer[1 << 16];
  snprintf(half, sizeof half, "%s.half", to);
  int in = open(from, O_RDONLY | O_CLOEXEC);
  int out = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  int done = in >= 0 && out >= 0;
  ssize_t got = 0;
  while (done && (got = read(in, buffer, sizeof buffer)) > 0) done = write(out, buffer, got) == got;
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  return done && got == 0 && rename(half, to) == 0;
}

static void keep(int file) {
  const char *watched = getenv("PLUMBLINE_WATCHED");
  const char *synced = getenv("PLUMBLINE_SYNCED");
  char link[64], path[PATH_MAX], to[PATH_MAX];
  struct stat stat;
  if (watched == NULL || synced == NULL || fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode)) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = '\0';
  if (strncmp(path, watched, strlen(watched)) != 0) return;
  int at = snprintf(to, sizeof to, "%s/", synced);
  for (const char *c = path; *c != '\0' && at < (int)sizeof to - 1; c++) to[at++] = *c == '/' ? '%' : *c;
  to[at] = '\0';
  pthread_mutex_lock(&lock);
  if (!copy(path, to) && access(path, F_OK) == 0) {
    fprintf(stderr, "power-cut shim: cannot keep %s\n", path);
    abort();
  }
  pthread_mutex_unlock(&lock);
}

static int synced(int file, const char *name) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int result = real(file);
  int code = errno;
  if (result == 0) keep(file);
  errno = code;
  return result;
}

int fsync(int file) { return synced(file, "fsync"); }
int fdatasync(int file) { return synced(file, "fdatasync"); }
