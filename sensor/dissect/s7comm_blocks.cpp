// Program blocks on their way into a controller and out of it (S7comm functions 0x1A to 0x1F), and program services (0x28, 0x29).
#include "sensor/dissect/s7comm_blocks.hpp"

#include "common/text.hpp"
#include "sensor/dissect/s7comm_names.hpp"

#include <algorithm>

namespace mw::s7comm {
namespace {

constexpr std::uint64_t digest_start = 0xcbf29ce484222325, digest_prime = 0x100000001b3;  // FNV-1a, 64 bits

constexpr std::uint8_t more_follows = 0x01, failed = 0x02;  // function status

object block_object(std::string address) {
  object o;
  o.space = "block";
  o.address = std::move(address);
  return o;
}

/// Which file system a block is in or goes to.
std::string_view file_system(std::uint8_t c) {
  switch (c) {
    case 'P': return "passive";
    case 'A': return "active";
    case 'B': return "active_and_passive";
    default: return {};
  }
}

/// A file name is '_' (the whole block) or '$' (its header), two digits of type, five of number, and the file system.
std::vector<object> read_file_name(bytes name, operation& op) {
  auto address = name.size() == 9 ? block_name(name.subspan(1, 2), name.subspan(3, 5)) : std::string{};
  if (address.empty()) return {block_object(printable(name, 64))};
  if (const auto system = file_system(name[8]); !system.empty()) op.fields.emplace_back("file_system", std::string{system});
  if (name[0] == '$') op.fields.emplace_back("header_only", true);
  return {block_object(std::move(address))};
}

void put_number(operation& op, const char* name, bytes digits) {
  std::uint64_t n = 0;
  if (digits.empty() || digits.size() > 9) return;
  for (const auto c : digits) {
    if (c < '0' || c > '9') return;
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  op.fields.emplace_back(name, n);
}

std::string hex_number(std::uint64_t n) {
  std::string out = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[n >> shift & 15];
  return out;
}

std::string upload_key(std::uint32_t id) { return '#' + std::to_string(id); }

}  // namespace

block_transfers::transfer* block_transfers::find(const std::string& key) {
  const auto it = std::find_if(under_way_.rbegin(), under_way_.rend(), [&](const transfer& t) { return t.key == key; });
  return it == under_way_.rend() ? nullptr : &*it;
}

block_transfers::transfer& block_transfers::begin(std::string key, std::vector<object> block) {
  std::erase_if(under_way_, [&](const transfer& t) { return t.key == key; });
  if (under_way_.size() >= capacity) under_way_.pop_front();
  under_way_.push_back({std::move(key), std::move(block), digest_start});
  return under_way_.back();
}

void block_transfers::finish(const std::string& key, operation& op) {
  const auto* t = find(key);
  if (t == nullptr) return;
  if (op.objects.empty()) op.objects = t->block;
  if (t->whole && t->ended) {
    op.fields.emplace_back("content_hash", hex_number(t->digest));
    op.fields.emplace_back("content_size", t->size);
  }
  std::erase_if(under_way_, [&](const transfer& each) { return each.key == key; });
}

void block_transfers::gap() {
  for (auto& t : under_way_) t.whole = false;
}

std::string block_transfers::job(std::uint8_t function, reader& in, operation& op) {
  in.skip(1);  // function status: nothing in a job
  const auto first = in.u16();
  const auto id = in.u32();
  if (function == job::upload || function == job::end_upload) {
    if (!in.ok()) return {};
    auto key = upload_key(id);
    op.fields.emplace_back("upload_id", std::uint64_t{id});
    if (function == job::end_upload) {
      if (first != 0) op.fields.emplace_back("transfer_error", std::uint64_t{first});
      finish(key, op);
    } else if (const auto* t = find(key)) {
      op.objects = t->block;
    }
    return key;
  }
  const auto name = in.take(in.u8());
  if (!in.ok()) return {};
  auto block = read_file_name(name, op);
  op.objects = block;
  auto key = printable(name, 64);
  switch (function) {
    case job::request_download: {
      begin(key, std::move(block));
      auto lengths = in.part(in.left() ? in.u8() : 0);
      lengths.skip(1);
      const auto load = lengths.take(6);
      const auto code = lengths.take(6);
      if (lengths.ok()) put_number(op, "load_size", load), put_number(op, "code_size", code);
      break;
    }
    case job::download_ended:
      if (first != 0) op.fields.emplace_back("transfer_error", std::uint64_t{first});
      finish(key, op);
      break;
    default: break;
  }
  return key;
}

void block_transfers::answer(std::uint8_t function, const std::string& key, reader& in, reader& data, operation& op) {
  switch (function) {
    case job::start_upload: {
      in.skip(3);
      const auto id = in.u32();
      const auto length = in.take(in.u8());
      if (!in.ok()) return;
      op.fields.emplace_back("upload_id", std::uint64_t{id});
      put_number(op, "block_size", length);
      begin(upload_key(id), op.objects);
      break;
    }
    case job::download_block:
    case job::upload: {
      if (!in.left()) return;  // some controllers leave the status away where nothing is wrong
      const auto status = in.u8();
      const std::size_t length = data.u16();
      data.skip(2);
      const auto content = data.take(length);
      if (!data.ok() || (status & failed) != 0) {
        if (auto* t = find(key)) t->whole = false;
        return;
      }
      op.fields.emplace_back("octets", std::uint64_t{content.size()});
      if (auto* t = find(key)) {
        for (const auto b : content) t->digest = (t->digest ^ b) * digest_prime;
        t->size += content.size();
        t->ended = (status & more_follows) == 0;
      }
      break;
    }
    default: break;
  }
}

void read_program_service(reader& in, operation& op) {
  in.skip(7);
  auto argument = in.part(in.u16());
  const auto service = printable(in.take(in.u8()), 32);
  if (!in.ok()) return;
  op.action = action_of_service(service);
  op.fields.emplace_back("service", service);
  const auto whole = argument.rest();
  if (service == "_INSE" || service == "_INS2" || service == "_DELE") {
    argument.skip(2);  // how many blocks follow; the length says it, too
    while (argument.left() >= 8 && op.objects.size() < 256) {
      const auto type = argument.take(2);
      const auto number = argument.take(5);
      if (auto name = block_name(type, number); !name.empty()) op.objects.push_back(block_object(std::move(name)));
      const auto system = file_system(argument.u8());
      if (op.objects.size() == 1 && !system.empty()) op.fields.emplace_back("file_system", std::string{system});
    }
    return;
  }
  if (!service.starts_with("_N_")) {
    if (!whole.empty()) op.fields.emplace_back("argument", printable(whole, 64));
    return;
  }
  // Numerical controls: strings, padded so that the next begins on an even offset. The first is the address.
  std::string text;
  for (std::size_t n = 0; argument.left() && n < 16; ++n) {
    const auto length = argument.u8();
    const auto part = argument.take(length);
    if (!argument.ok()) break;
    if (n > 0 && service_has_password(service)) break;
    (text += n == 0 ? "" : ",") += printable(part, 128);
    if (length % 2 == 0 && argument.left()) argument.skip(1);
  }
  if (!text.empty()) op.fields.emplace_back("argument", std::move(text));
}

void read_stop(reader& in, operation& op) {
  in.skip(5);
  const auto service = printable(in.take(in.u8()), 32);
  if (in.ok() && !service.empty()) op.fields.emplace_back("service", service);
}

}  // namespace mw::s7comm
