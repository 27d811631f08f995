// The frame around a batch: header, checksum, compression.
#include "common/wire.hpp"

#include "common/checksum.hpp"
#include "common/wire_columns.hpp"

#include <zstd.h>
#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace mw {
namespace {

constexpr std::array<std::uint8_t, 4> magic{'M', 'W', 'B', 'T'};
constexpr std::size_t checked = 16, header = 20;  // octets covered by the checksum, and with it

void put(std::vector<std::uint8_t>& out, std::size_t at, std::uint32_t v) {
  for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(v >> (24 - 8 * i));
}

struct free_context {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
};
// One per thread: making one costs more than compressing a small batch.
thread_local const std::unique_ptr<ZSTD_CCtx, free_context> compressor{ZSTD_createCCtx()};
thread_local const std::unique_ptr<ZSTD_DCtx, free_context> decompressor{ZSTD_createDCtx()};

}  // namespace

std::vector<std::uint8_t> encode(const batch& b) {
  wire::Batch message;
  to_columns(b, message);
  const auto raw = message.SerializeAsString();
  std::vector<std::uint8_t> out(header + ZSTD_compressBound(raw.size()));
  const auto size = ZSTD_compressCCtx(compressor.get(), &out[header], out.size() - header, raw.data(), raw.size(), 1);
  if (ZSTD_isError(size) != 0) throw std::runtime_error{"zstd cannot compress: out of memory"};
  out.resize(header + size);
  std::copy(magic.begin(), magic.end(), out.begin());
  out[4] = wire_major;
  out[5] = wire_minor;
  put(out, 8, static_cast<std::uint32_t>(raw.size()));
  put(out, 12, static_cast<std::uint32_t>(size));
  put(out, checked, crc32c(bytes{out}.subspan(header), crc32c(bytes{out}.first(checked))));
  return out;
}

result<batch> decode(bytes frame, const wire_limits& limits) {
  if (frame.size() > limits.frame) return fail(fault::over_limit, "frame is too long");
  reader in{frame};
  for (auto m : magic) in.expect(in.u8() == m, "not a batch");
  const auto major = in.u8();
  in.skip(3);  // the minor version, and octets without meaning yet
  const std::size_t raw_size = in.u32(), size = in.u32();
  const auto sum = in.u32();
  const auto body = in.take(size);
  in.expect(in.left() == 0, "bytes after the batch");
  if (!in.ok()) return tl::unexpected{in.why()};
  if (crc32c(body, crc32c(frame.first(checked))) != sum) return fail(fault::malformed, "checksum of the batch", checked);
  // Only now: a broken octet must not pass for a version of the future. The frame is the same in every version.
  if (major != wire_major) return fail(fault::unsupported, "batch of another major version", 4);
  if (raw_size > limits.message) return fail(fault::over_limit, "batch is too long once decompressed", 8);
  std::vector<std::uint8_t> raw(raw_size);
  const auto got = ZSTD_decompressDCtx(decompressor.get(), raw.data(), raw.size(), body.data(), body.size());
  if (ZSTD_isError(got) != 0 || got != raw_size) return fail(fault::malformed, "compressed part of the batch", header);
  wire::Batch message;
  if (!message.ParseFromArray(raw.data(), static_cast<int>(raw.size()))) return fail(fault::malformed, "columns of the batch", header);
  return from_columns(message, limits);
}

}  // namespace mw
