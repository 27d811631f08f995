/* A Modbus/TCP controller on libmodbus: 1000 of each kind of object, input registers that move. libmodbus answers neither device
 * identification (43/14) nor diagnostics (8), so these few answers are made here, after the Modbus Application Protocol V1.1b3.
 *
 *   modbus_server ADDRESS PORT
 */
#include <modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { objects = 1000, header = 7 };

static modbus_t *bus;
static modbus_mapping_t *memory;
static int listen_only; /* after 8/4: takes everything, answers nothing, until 8/1 */

static void send_pdu(int to, const uint8_t *query, const uint8_t *pdu, size_t size) {
  uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH] = {query[0], query[1], 0, 0, (uint8_t)((size + 1) >> 8), (uint8_t)(size + 1), query[6]};
  memcpy(frame + header, pdu, size);
  send(to, frame, header + size, MSG_NOSIGNAL);
}

static void identify(int to, const uint8_t *query) {
  static const char *const objects_of_device[] = {"Schneider Electric", "BMX P34 2020", "v2.7"};
  uint8_t pdu[128] = {0x2b, 0x0e, 1, 1, 0, 0, 3};
  size_t size = 7;
  for (uint8_t i = 0; i < 3; ++i) {
    const size_t length = strlen(objects_of_device[i]);
    pdu[size++] = i;
    pdu[size++] = (uint8_t)length;
    memcpy(pdu + size, objects_of_device[i], length);
    size += length;
  }
  send_pdu(to, query, pdu, size);
}

static void diagnose(int to, const uint8_t *query) {
  const int sub = query[header + 1] << 8 | query[header + 2];
  const int silent = listen_only;
  if (sub == 1) listen_only = 0;
  if (sub == 4) listen_only = 1;
  if (sub > 4 && sub != 10) {
    const uint8_t refused[] = {0x88, 1};
    send_pdu(to, query, refused, sizeof refused);
  } else if (sub != 4 && !silent) {
    send_pdu(to, query, query + header, 5);
  }
}

/* One whole frame by the length in its header: modbus_receive() would cut functions that it does not know. */
static int receive(int from, uint8_t *query) {
  if (recv(from, query, 6, MSG_WAITALL) != 6) return -1;
  const int left = query[4] << 8 | query[5];
  if (left < 2 || left > MODBUS_TCP_MAX_ADU_LENGTH - 6) return -1;
  return recv(from, query + 6, (size_t)left, MSG_WAITALL) == left ? left + 6 : -1;
}

static void serve(int to, uint8_t *query, int size) {
  const int function = query[header];
  if (function == 8 && size >= header + 5) return diagnose(to, query);
  if (listen_only) return;
  if (function == 0x2b && size >= header + 4 && query[header + 1] == 0x0e) return identify(to, query);
  modbus_set_socket(bus, to);
  modbus_reply(bus, query, size, memory);
}

int main(int argc, char **argv) {
  if (argc != 3) return fputs("modbus_server ADDRESS PORT\n", stderr), 2;
  bus = modbus_new_tcp(argv[1], atoi(argv[2]));
  memory = modbus_mapping_new(objects, objects, objects, objects);
  modbus_set_slave(bus, 1);
  for (int i = 0; i < objects; ++i) memory->tab_registers[i] = (uint16_t)(i * 3 + 7);
  for (int i = 0; i < objects; i += 3) memory->tab_bits[i] = memory->tab_input_bits[i] = 1;
  const int door = modbus_tcp_listen(bus, 8);
  if (door < 0) return perror("modbus_server"), 1;
  fd_set open;
  FD_ZERO(&open);
  FD_SET(door, &open);
  for (unsigned turn = 0;; ++turn) {
    memory->tab_input_registers[turn % 32] = (uint16_t)(2000 + turn % 97);
    fd_set ready = open;
    if (select(FD_SETSIZE, &ready, NULL, NULL, NULL) < 0) return perror("modbus_server"), 1;
    for (int fd = 0; fd < FD_SETSIZE; ++fd) {
      if (!FD_ISSET(fd, &ready)) continue;
      if (fd == door) {
        const int client = accept(door, NULL, NULL);
        if (client >= 0 && client < FD_SETSIZE) FD_SET(client, &open);
        continue;
      }
      uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH] = {0};
      const int size = receive(fd, query);
      if (size > 0) serve(fd, query, size);
      else {
        close(fd);
        FD_CLR(fd, &open);
      }
    }
  }
}
