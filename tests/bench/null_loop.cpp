// The baseline of every benchmark: libpcap reads a file, and the octets of all frames are added up.
#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  char wrong[PCAP_ERRBUF_SIZE] = {};
  pcap_t* from = argc == 2 ? pcap_open_offline(argv[1], wrong) : nullptr;
  if (from == nullptr) {
    std::fprintf(stderr, "null_loop FILE: %s\n", wrong);
    return 2;
  }
  pcap_pkthdr* head = nullptr;
  const u_char* data = nullptr;
  std::uint64_t packets = 0, octets = 0, sum = 0;
  while (pcap_next_ex(from, &head, &data) == 1) {
    ++packets, octets += head->caplen;
    for (bpf_u_int32 i = 0; i < head->caplen; ++i) sum += data[i];
  }
  pcap_close(from);
  std::printf("%llu packets, %llu octets, sum %llu\n", static_cast<unsigned long long>(packets), static_cast<unsigned long long>(octets),
              static_cast<unsigned long long>(sum));
  return 0;
}
