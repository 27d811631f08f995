/* A Modbus/TCP client on libmodbus: reads commands from standard input, one a line, and logs what it asked and was told.
 *
 *   modbus_client ADDRESS PORT UNIT
 *     read coil|discrete|input|holding ADDRESS COUNT      write coil|holding ADDRESS VALUE...     write_many coil|holding ADDRESS VALUE...
 *     mask ADDRESS AND OR      exchange READ_ADDRESS COUNT WRITE_ADDRESS VALUE...      identify      server_id
 *     diagnose SUB_FUNCTION [DATA]      sleep SECONDS
 */
#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "oplog.h"

enum { most_words = 140 };

static modbus_t *plc;
static char server[64];
static const char *unit;
static int connected;

/* Connects when the first command comes, and again after a connection broke. */
static int ready(void) {
  if (!connected) connected = modbus_connect(plc) == 0;
  if (!connected) fprintf(stderr, "modbus_client: %s: %s\n", server, modbus_strerror(errno));
  return connected;
}

/* Turns the result of a call into an outcome and logs it. */
static void done(double time, int result, const char *action, const char *function, const struct text *objects, const struct text *values) {
  const char *outcome = "ok";
  int code = -1;
  if (result < 0 && errno > MODBUS_ENOBASE && errno < EMBBADCRC) {
    outcome = "refused";
    code = errno - MODBUS_ENOBASE;
  } else if (result < 0) {
    outcome = "timeout";
    if (errno == ECONNRESET || errno == EPIPE || errno == EBADF) {
      modbus_close(plc);
      connected = 0;
    }
  }
  log_operation(time, "modbus", server, unit, action, function, objects->at, values->size ? values->at : "[]", outcome, code);
}

static int space_of(const char *word) {
  static const char *const spaces[] = {"coil", "discrete", "holding", "input"};
  for (int i = 0; i < 4; ++i)
    if (strcmp(word, spaces[i]) == 0) return i;
  return -1;
}

static void describe(struct text *objects, const char *space, int address, int count) {
  add(objects, "%s{\"space\":\"%s\",\"address\":\"%d\",\"count\":%d}", objects->size ? "," : "[", space, address, count);
}

static void list_of(struct text *values, const uint8_t *bits, const uint16_t *words, int count) {
  for (int i = 0; i < count; ++i) {
    add(values, "%s", i ? "," : "[");
    if (bits) add(values, "%s", bits[i] ? "true" : "false");
    else add(values, "%u", words[i]);
  }
  add(values, "]");
}

static void read_values(const char *space, int address, int count) {
  struct text objects = {{0}, 0}, values = {{0}, 0};
  uint8_t bits[2000] = {0};
  uint16_t words[125] = {0};
  const int kind = space_of(space);
  describe(&objects, space, address, count);
  add(&objects, "]");
  const double time = plant_now();
  int n = -1;
  if (kind == 0) n = modbus_read_bits(plc, address, count, bits);
  if (kind == 1) n = modbus_read_input_bits(plc, address, count, bits);
  if (kind == 2) n = modbus_read_registers(plc, address, count, words);
  if (kind == 3) n = modbus_read_input_registers(plc, address, count, words);
  if (n > 0) list_of(&values, kind < 2 ? bits : NULL, words, n);
  char function[2] = {(char)('1' + kind), 0};
  done(time, n, "read", function, &objects, &values);
}

static void write_values(int many, const char *space, int address, char **given, int count) {
  struct text objects = {{0}, 0}, values = {{0}, 0};
  uint8_t bits[most_words] = {0};
  uint16_t words[most_words] = {0};
  for (int i = 0; i < count; ++i) {
    words[i] = (uint16_t)atoi(given[i]);
    bits[i] = words[i] != 0;
  }
  const int coils = space_of(space) == 0;
  describe(&objects, space, address, count);
  add(&objects, "]");
  list_of(&values, coils ? bits : NULL, words, count);
  const double time = plant_now();
  int n;
  if (coils) n = many ? modbus_write_bits(plc, address, count, bits) : modbus_write_bit(plc, address, bits[0]);
  else n = many ? modbus_write_registers(plc, address, count, words) : modbus_write_register(plc, address, words[0]);
  done(time, n, "write", coils ? (many ? "15" : "5") : (many ? "16" : "6"), &objects, &values);
}

static void mask(int address, int and_mask, int or_mask) {
  struct text objects = {{0}, 0}, values = {{0}, 0};
  describe(&objects, "holding", address, 1);
  add(&objects, "]");
  add(&values, "[%d,%d]", and_mask, or_mask);
  const double time = plant_now();
  done(time, modbus_mask_write_register(plc, address, (uint16_t)and_mask, (uint16_t)or_mask), "write", "22", &objects, &values);
}

static void exchange(int from, int count, int to, char **given, int n_given) {
  struct text objects = {{0}, 0}, values = {{0}, 0};
  uint16_t sent[most_words] = {0}, got[most_words] = {0};
  for (int i = 0; i < n_given; ++i) sent[i] = (uint16_t)atoi(given[i]);
  describe(&objects, "holding", from, count);
  describe(&objects, "holding", to, n_given);
  add(&objects, "]");
  const double time = plant_now();
  const int n = modbus_write_and_read_registers(plc, to, n_given, sent, from, count, got);
  add(&values, "[");
  for (int i = 0; i < n; ++i) add(&values, "%u,", got[i]);
  for (int i = 0; i < n_given; ++i) add(&values, "%u%s", sent[i], i + 1 < n_given ? "," : "]");
  done(time, n, "write", "23", &objects, &values);
}

static void server_id(void) {
  struct text objects = {"[]", 2}, values = {"null", 4};
  uint8_t id[256];
  const double time = plant_now();
  done(time, modbus_report_slave_id(plc, sizeof id, id), "identify", "17", &objects, &values);
}

/* One whole frame by the length in its header: modbus_receive_confirmation() would cut functions that it does not know. */
static int receive(uint8_t *answer) {
  const int from = modbus_get_socket(plc);
  const struct timeval patience = {0, 400000};
  fcntl(from, F_SETFL, fcntl(from, F_GETFL) & ~O_NONBLOCK); /* libmodbus itself asks select() before it reads */
  setsockopt(from, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (recv(from, answer, 6, MSG_WAITALL) != 6) return -1;
  const int left = answer[4] << 8 | answer[5];
  if (left < 2 || left > MODBUS_TCP_MAX_ADU_LENGTH - 6) return -1;
  return recv(from, answer + 6, (size_t)left, MSG_WAITALL) == left ? left + 6 : -1;
}

/* What libmodbus has no call for goes out as its raw request, with its framing. */
static void raw(int answered, uint8_t *pdu, int size, const char *action, const char *function) {
  struct text objects = {"null", 4}, values = {"null", 4};
  uint8_t request[64] = {(uint8_t)atoi(unit)}, answer[MODBUS_TCP_MAX_ADU_LENGTH];
  memcpy(request + 1, pdu, (size_t)size);
  const double time = plant_now();
  int n = modbus_send_raw_request(plc, request, size + 1);
  if (n >= 0 && !answered) return log_operation(time, "modbus", server, unit, action, function, objects.at, values.at, "none", -1);
  if (n >= 0) n = receive(answer);
  if (n > 8 && (answer[7] & 0x80)) {
    errno = MODBUS_ENOBASE + answer[8];
    n = -1;
  }
  done(time, n, action, function, &objects, &values);
}

static void run(char **word, int n) {
  if (strcmp(word[0], "sleep") == 0 && n == 2) return sleep_for(word[1]);
  if (!ready()) return;
  if (strcmp(word[0], "read") == 0 && n == 4) read_values(word[1], atoi(word[2]), atoi(word[3]));
  else if (strcmp(word[0], "write") == 0 && n == 4) write_values(0, word[1], atoi(word[2]), word + 3, 1);
  else if (strcmp(word[0], "write_many") == 0 && n > 3) write_values(1, word[1], atoi(word[2]), word + 3, n - 3);
  else if (strcmp(word[0], "mask") == 0 && n == 4) mask(atoi(word[1]), atoi(word[2]), atoi(word[3]));
  else if (strcmp(word[0], "exchange") == 0 && n > 4) exchange(atoi(word[1]), atoi(word[2]), atoi(word[3]), word + 4, n - 4);
  else if (strcmp(word[0], "server_id") == 0) server_id();
  else if (strcmp(word[0], "identify") == 0) raw(1, (uint8_t[]){0x2b, 0x0e, 1, 0}, 4, "identify", "43/14");
  else if (strcmp(word[0], "diagnose") == 0 && n >= 2) {
    const int sub = atoi(word[1]), data = n > 2 ? atoi(word[2]) : 0;
    char function[16]; /* 8/4, force listen only, is the one request that the specification leaves without an answer */
    snprintf(function, sizeof function, "8/%d", sub);
    raw(sub != 4, (uint8_t[]){8, (uint8_t)(sub >> 8), (uint8_t)sub, (uint8_t)(data >> 8), (uint8_t)data}, 5, "diagnose", function);
  } else fprintf(stderr, "modbus_client: no such command: %s\n", word[0]);
}

int main(int argc, char **argv) {
  if (argc != 4) return fputs("modbus_client ADDRESS PORT UNIT\n", stderr), 2;
  plc = modbus_new_tcp(argv[1], atoi(argv[2]));
  unit = argv[3];
  snprintf(server, sizeof server, "%s:%s", argv[1], argv[2]);
  modbus_set_slave(plc, atoi(unit));
  modbus_set_response_timeout(plc, 0, 400000);
  char line[1024], *word[most_words];
  while (fgets(line, sizeof line, stdin)) {
    const int n = words_of(line, word, most_words);
    if (n) run(word, n);
  }
  modbus_close(plc);
  modbus_free(plc);
}
