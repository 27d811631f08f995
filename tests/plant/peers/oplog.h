/* What a client of the plant writes down about each request that it sends: one JSON line, in the form in which the sensor writes
 * operations. The line is made from the arguments and the result of the library call, never from a recording. */
#ifndef PLANT_OPLOG_H
#define PLANT_OPLOG_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double plant_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A text that is put together piece by piece; what does not fit is cut (a plant's lines are short). */
struct text {
  char at[8192];
  size_t size;
};

static inline void add(struct text *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int n = vsnprintf(t->at + t->size, sizeof t->at - t->size, format, arguments);
  va_end(arguments);
  if (n > 0 && t->size + (size_t)n < sizeof t->at) t->size += (size_t)n;
}

static inline const char *from_environment(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value ? value : otherwise;
}

/* Writes one operation. `objects` and `values` are JSON; "null" means that the log says nothing about them. */
static inline void log_operation(double time, const char *protocol, const char *server, const char *unit, const char *action,
                                 const char *function, const char *objects, const char *values, const char *outcome, int code) {
  static FILE *log = NULL;
  if (!log) log = fopen(from_environment("PLANT_LOG", "/dev/stdout"), "a");
  if (!log) return;
  fprintf(log,
          "{\"type\":\"operation\",\"time\":%.6f,\"host\":\"%s\",\"protocol\":\"%s\",\"client\":\"%s\",\"server\":\"%s\","
          "\"unit\":\"%s\",\"action\":\"%s\",\"function\":\"%s\",\"objects\":%s,\"values\":%s,\"outcome\":\"%s\"",
          time, from_environment("PLANT_HOST", "?"), protocol, from_environment("PLANT_ADDRESS", "?"), server, unit, action, function,
          objects, values, outcome);
  if (code >= 0) fprintf(log, ",\"code\":\"%d\"", code);
  fputs("}\n", log);
  fflush(log);
}

/* Splits a command line into at most `most` words, in place. */
static inline int words_of(char *line, char **words, int most) {
  int n = 0;
  for (char *word = strtok(line, " \t\r\n"); word && n < most; word = strtok(NULL, " \t\r\n")) words[n++] = word;
  return n;
}

static inline void sleep_for(const char *seconds) {
  const double s = atof(seconds);
  struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
  nanosleep(&t, NULL);
}

#endif
