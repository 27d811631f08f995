// An S7 client on snap7's client: reads commands from standard input, one a line, and logs what it asked and was told.
//
//   s7_client ADDRESS RACK SLOT
//     read AREA byte|word|int|real START COUNT      write AREA byte|word|int|real START VALUE...      read_bit AREA BYTE BIT
//     write_bit AREA BYTE BIT VALUE      szl ID INDEX      clock      blocks      stop      start      upload DB      sleep SECONDS
// AREA is DB<n>, M, I or Q.
#include <arpa/inet.h>

#include <cmath>
#include <ctime>
#include <string>

#include "oplog.h"
#include "snap7_libmain.h"  // defines `byte`: C++14 at most

namespace {

S7Object client;
std::string address, server, unit;
int rack, slot;

struct kind {
  const char* name;
  int length, size;
};
constexpr kind kinds[] = {{"byte", S7WLByte, 1}, {"word", S7WLWord, 2}, {"int", S7WLInt, 2}, {"real", S7WLReal, 4}};

void done(double time, int result, const char* action, const char* function, const std::string& objects, const std::string& values) {
  // snap7 has its own errors from bit 20 up, errors of ISO and TCP below: the latter mean that there was no answer.
  const char* outcome = result == 0 ? "ok" : (result & 0x000fffff) ? "timeout" : "refused";
  log_operation(time, "s7comm", server.c_str(), unit.c_str(), action, function, objects.c_str(), values.c_str(), outcome, -1);
}

bool ready() {
  int connected = 0;
  Cli_GetConnected(client, connected);
  if (connected) return true;
  const double time = plant_now();
  const int result = Cli_ConnectTo(client, address.c_str(), rack, slot);
  if (result) return std::fprintf(stderr, "s7_client: %s: fault %x\n", server.c_str(), static_cast<unsigned>(result)), false;
  done(time, result, "session", "240", "[]", "null");
  return true;
}

int area_of(const std::string& name, int& db) {
  db = 0;
  if (name.rfind("DB", 0) == 0) return db = std::atoi(name.c_str() + 2), static_cast<int>(S7AreaDB);
  return name == "M" ? S7AreaMK : name == "I" ? S7AreaPE : S7AreaPA;
}

std::string object(const std::string& space, int byte, int bit, int count) {
  return "[{\"space\":\"" + space + "\",\"address\":\"" + std::to_string(byte) + "." + std::to_string(bit) +
         "\",\"count\":" + std::to_string(count) + "}]";
}

std::string value_of(const kind& k, const unsigned char* at) {
  if (k.size == 1) return std::to_string(at[0]);
  const unsigned word = static_cast<unsigned>(at[0] << 8 | at[1]);
  if (k.length == S7WLWord) return std::to_string(word);
  if (k.length == S7WLInt) return std::to_string(static_cast<short>(word));
  const unsigned bits = word << 16 | static_cast<unsigned>(at[2] << 8 | at[3]);
  float number;
  std::memcpy(&number, &bits, sizeof number);
  char out[40];
  std::snprintf(out, sizeof out, "%.9g", static_cast<double>(number));
  return std::isfinite(number) ? out : "null";
}

void store(const kind& k, unsigned char* at, const char* text) {
  unsigned bits = static_cast<unsigned>(std::atoi(text));
  if (k.length == S7WLReal) {
    const float number = static_cast<float>(std::atof(text));
    std::memcpy(&bits, &number, sizeof bits);
  }
  for (int i = 0; i < k.size; ++i) at[i] = static_cast<unsigned char>(bits >> 8 * (k.size - 1 - i));
}

std::string list_of(const kind& k, const unsigned char* data, int count) {
  std::string out = "[";
  for (int i = 0; i < count; ++i) out += (i ? "," : "") + value_of(k, data + i * k.size);
  return out + "]";
}

void access(bool write, const std::string& space, const std::string& type, int start, char** given, int count) {
  const kind* k = nullptr;
  for (const kind& one : kinds)
    if (type == one.name) k = &one;
  unsigned char data[1024] = {};
  if (!k || count < 1 || count * k->size > 200) return;  // one job fits the smallest PDU, so snap7 sends exactly one
  int db;
  const int area = area_of(space, db);
  if (write)
    for (int i = 0; i < count; ++i) store(*k, data + i * k->size, given[i]);
  const double time = plant_now();
  const int result = write ? Cli_WriteArea(client, area, db, start, count, k->length, data)
                           : Cli_ReadArea(client, area, db, start, count, k->length, data);
  const bool shown = write || result == 0;
  done(time, result, write ? "write" : "read", write ? "5" : "4", object(space, start, 0, count), shown ? list_of(*k, data, count) : "[]");
}

void access_bit(bool write, const std::string& space, int byte, int bit, bool value) {
  unsigned char data[4] = {static_cast<unsigned char>(value)};
  int db;
  const int area = area_of(space, db);
  const double time = plant_now();
  const int result = write ? Cli_WriteArea(client, area, db, byte * 8 + bit, 1, S7WLBit, data)
                           : Cli_ReadArea(client, area, db, byte * 8 + bit, 1, S7WLBit, data);
  const char* shown = !write && result ? "[]" : data[0] ? "[true]" : "[false]";
  done(time, result, write ? "write" : "read", write ? "5" : "4", object(space, byte, bit, 1), shown);
}

void system_list(int id, int index) {
  TS7SZL list;
  int size = sizeof list;
  char objects[80];
  std::snprintf(objects, sizeof objects, "[{\"space\":\"szl\",\"address\":\"0x%04x/0x%04x\"}]", id, index);
  const double time = plant_now();
  done(time, Cli_ReadSZL(client, id, index, &list, size), "identify", "userdata/4/1", objects, "null");
}

void run(char** word, int n) {
  const std::string command = word[0];
  if (command == "sleep" && n == 2) return sleep_for(word[1]);
  if (!ready()) return;
  const double time = plant_now();
  if (command == "read" && n == 5) return access(false, word[1], word[2], std::atoi(word[3]), nullptr, std::atoi(word[4]));
  if (command == "write" && n > 4) return access(true, word[1], word[2], std::atoi(word[3]), word + 4, n - 4);
  if (command == "read_bit" && n == 4) return access_bit(false, word[1], std::atoi(word[2]), std::atoi(word[3]), false);
  if (command == "write_bit" && n == 5) return access_bit(true, word[1], std::atoi(word[2]), std::atoi(word[3]), std::atoi(word[4]) != 0);
  if (command == "szl" && n == 3) return system_list(std::stoi(word[1], nullptr, 16), std::stoi(word[2], nullptr, 16));
  if (command == "stop") return done(time, Cli_PlcStop(client), "stop", "41", "null", "null");
  if (command == "start") return done(time, Cli_PlcHotStart(client), "start", "40", "null", "null");
  if (command == "clock") {
    std::tm when{};
    return done(time, Cli_GetPlcDateTime(client, when), "read", "userdata/7/1", "null", "null");
  }
  if (command == "blocks") {
    TS7BlocksList list;
    return done(time, Cli_ListBlocks(client, &list), "identify", "userdata/3/1", "null", "null");
  }
  const std::string block = n == 2 ? std::string("[{\"space\":\"block\",\"address\":\"DB") + word[1] + "\"}]" : "null";
  if (command == "upload" && n == 2) {  // the server here refuses it, as a protected controller does: one request, not a sequence
    unsigned char data[4096];
    int size = sizeof data;
    return done(time, Cli_FullUpload(client, Block_DB, std::atoi(word[1]), data, size), "program_upload", "29", block, "null");
  }
  std::fprintf(stderr, "s7_client: no such command: %s\n", word[0]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("s7_client ADDRESS RACK SLOT\n", stderr), 2;
  client = Cli_Create();
  address = argv[1];
  server = address + ":102";
  rack = std::atoi(argv[2]);
  slot = std::atoi(argv[3]);
  unit = std::to_string(rack) + "/" + std::to_string(slot);
  char line[1024], *word[64];
  while (std::fgets(line, sizeof line, stdin))
    if (const int n = words_of(line, word, 64)) run(word, n);
  Cli_Destroy(client);
}
