// A Siemens S7-300 on snap7's server: DB1 and DB2 of 512 bytes, merkers, inputs and outputs; DB1 moves a little.
//
//   s7_server ADDRESS
#include <unistd.h>

#include <cstdio>

#include "snap7_libmain.h"  // defines `byte`: C++14 at most

namespace {
unsigned char db1[512], db2[512], merkers[256], inputs[128], outputs[128];
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("s7_server ADDRESS\n", stderr), 2;
  const S7Object controller = Srv_Create();
  for (unsigned i = 0; i < sizeof db1; ++i) db1[i] = static_cast<unsigned char>(i * 5 + 1);
  Srv_RegisterArea(controller, srvAreaDB, 1, db1, sizeof db1);
  Srv_RegisterArea(controller, srvAreaDB, 2, db2, sizeof db2);
  Srv_RegisterArea(controller, srvAreaMK, 0, merkers, sizeof merkers);
  Srv_RegisterArea(controller, srvAreaPE, 0, inputs, sizeof inputs);
  Srv_RegisterArea(controller, srvAreaPA, 0, outputs, sizeof outputs);
  if (const int fault = Srv_StartTo(controller, argv[1])) return std::fprintf(stderr, "s7_server: fault %d\n", fault), 1;
  for (unsigned turn = 0;; ++turn) {
    usleep(500000);
    db1[1] = static_cast<unsigned char>(turn);
  }
}
