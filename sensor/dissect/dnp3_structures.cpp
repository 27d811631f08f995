// DNP3 objects that are structures of their own: device attributes (group 0), files (70), secure authentication (120);
// IEEE 1815-2012, clause 7 and annex A.
#include "sensor/dissect/dnp3_structures.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <bit>

namespace mw::dnp3 {
namespace {

struct named {
  unsigned code;
  std::string_view name;
};
template <std::size_t N>
std::string name_in(const named (&table)[N], unsigned code) {
  const auto* at = std::find_if(std::begin(table), std::end(table), [&](const named& n) { return n.code == code; });
  return at == std::end(table) ? std::to_string(code) : std::string{at->name};
}

constexpr named attribute_facts[] = {{208, "plant"},  {242, "firmware"}, {243, "hardware"}, {247, "host_name"},
                                     {248, "serial"}, {250, "model"},    {252, "vendor"}};
constexpr named file_modes[] = {{0, "none"}, {1, "read"}, {2, "write"}, {3, "append"}};
constexpr named file_types[] = {{0, "directory"}, {1, "file"}};
constexpr named file_statuses[] = {{0, "success"},         {1, "permission_denied"}, {2, "invalid_mode"},    {3, "file_not_found"},
                                   {4, "file_locked"},     {5, "too_many_open"},     {6, "invalid_handle"},  {7, "write_block_size"},
                                   {8, "comm_lost"},       {9, "cannot_abort"},      {16, "not_opened"},     {17, "handle_expired"},
                                   {18, "buffer_overrun"}, {19, "fatal_error"},      {20, "block_sequence"}, {255, "undefined"}};
constexpr named mac_algorithms[] = {{0, "none"},           {1, "hmac_sha1_4"}, {2, "hmac_sha1_10"}, {3, "hmac_sha256_8"},
                                    {4, "hmac_sha256_16"}, {5, "hmac_sha1_8"}, {6, "aes_gmac"}};
constexpr named key_statuses[] = {
    {0, "not_used"}, {1, "ok"}, {2, "not_initialised"}, {3, "communication_failed"}, {4, "authentication_failed"}};
constexpr named authentication_errors[] = {{1, "authentication_failed"},
                                           {2, "unexpected_reply"},
                                           {3, "no_reply"},
                                           {4, "aggressive_mode_not_supported"},
                                           {5, "mac_algorithm_not_supported"},
                                           {6, "key_wrap_not_supported"},
                                           {7, "authorization_failed"},
                                           {8, "update_key_change_not_permitted"},
                                           {9, "invalid_signature"},
                                           {10, "invalid_certification"},
                                           {11, "unknown_user"},
                                           {12, "too_many_key_status_requests"}};
constexpr named security_objects[] = {{1, "challenge"},
                                      {2, "reply"},
                                      {3, "aggressive_mode"},
                                      {4, "key_status_request"},
                                      {5, "key_status"},
                                      {6, "key_change"},
                                      {7, "error"},
                                      {8, "user_certificate"},
                                      {9, "mac"},
                                      {10, "user_status_change"},
                                      {11, "update_key_change_request"},
                                      {12, "update_key_change_reply"},
                                      {13, "update_key_change"},
                                      {14, "update_key_change_signature"},
                                      {15, "update_key_change_confirmation"}};
constexpr named user_operations[] = {{1, "add"}, {2, "delete"}, {3, "change"}};

constexpr std::size_t field_limit = 64;  // a message may hold many structures
constexpr std::uint32_t last_block = 0x80000000;

double seconds(std::uint64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

/// Text whose place is announced as an offset into the object and a size: it must lie behind the fixed part.
std::string text_at(bytes object, std::uint16_t offset, std::uint16_t size, std::size_t fixed, reader& in) {
  if (size == 0) return {};
  in.expect(offset >= fixed && std::size_t{offset} + size <= object.size(), "length: a name lies outside its object");
  return in.ok() ? printable(object.subspan(offset, size)) : std::string{};
}

}  // namespace

std::string_view attribute_fact(std::uint8_t variation) {
  for (const auto& a : attribute_facts)
    if (a.code == variation) return a.name;
  return {};
}
std::string file_status_name(std::uint8_t status) { return name_in(file_statuses, status); }
std::string authentication_error_name(std::uint16_t error) { return name_in(authentication_errors, error); }

value read_attribute(reader& in) {
  enum type : std::uint8_t {
    text = 1,
    unsigned_number = 2,
    signed_number = 3,
    real = 4,
    octets = 5,
    bits = 6,
    time = 7,
    list = 254,
    long_list = 255
  };
  const auto kind = in.u8();
  const std::size_t size = in.u8() + (kind == long_list ? std::size_t{256} : 0);
  auto part = in.part(size);
  if (!in.ok()) return {};
  switch (kind) {
    case text: return printable(part.rest());
    case unsigned_number:
      if (size >= 1 && size <= 8) return part.le_n(size);
      break;
    case signed_number:
      if (size >= 1 && size <= 8) {
        const auto unused = static_cast<unsigned>(64 - 8 * size);
        return std::bit_cast<std::int64_t>(part.le_n(size) << unused) >> unused;
      }
      break;
    case real:
      if (size == 4) return double{part.f32le()};
      if (size == 8) return part.f64le();
      break;
    case time:
      if (size == 6) return seconds(part.le_n(6));
      break;
    default: break;
  }
  return hex(part.rest(), 256);
}

value read_file(std::uint8_t variation, reader& in, file_notes& notes) {
  const auto object = in.rest();
  auto& fields = notes.fields;
  const auto add = [&](std::string_view name, value v) {
    if (fields.size() < field_limit) fields.emplace_back(std::string{name}, std::move(v));
  };
  const auto read_handle = [&] {
    const auto handle = in.u32le();
    if (in.ok()) notes.handle = handle, add("handle", std::uint64_t{handle});
  };
  const auto read_status = [&]() -> value {
    const auto status = in.u8();
    if (!in.ok()) return {};
    notes.status = status;
    add("file_status", file_status_name(status));
    return std::uint64_t{status};
  };
  const auto read_block = [&] {
    const auto block = in.u32le();
    if (!in.ok()) return;
    add("block", std::uint64_t{block & ~last_block});
    if ((block & last_block) != 0) add("last_block", true);
  };
  switch (variation) {
    case 2: {  // authentication: the password is only said to be there
      const auto user_at = in.u16le(), user_size = in.u16le(), password_at = in.u16le(), password_size = in.u16le();
      in.skip(4);
      auto user = text_at(object, user_at, user_size, 12, in);
      (void)text_at(object, password_at, password_size, 12, in);
      if (!in.ok()) return {};
      in.skip(in.left());
      if (user_size != 0) add("user_name", user);
      if (password_size != 0) add("password_sent", true);
      return user;
    }
    case 3: {
      const auto name_at = in.u16le(), name_size = in.u16le();
      const auto created = in.le_n(6);
      const auto permissions = in.u16le();
      const auto key = in.u32le(), size = in.u32le();
      const auto mode = in.u16le(), block_size = in.u16le();
      in.skip(2);
      if (!in.ok()) return {};
      notes.mode = mode;
      add("mode", name_in(file_modes, mode));
      if (mode == 2 || mode == 3) {
        add("file_size", std::uint64_t{size});
        add("permissions", std::uint64_t{permissions});
        if (created != 0) add("file_time", seconds(created));
      }
      if (key != 0) add("authentication_key_sent", true);
      if (block_size != 0) add("block_size", std::uint64_t{block_size});
      notes.name = text_at(object, name_at, name_size, 26, in);
      in.skip(in.left());
      return notes.name;
    }
    case 4: {
      read_handle();
      const auto size = in.u32le();
      const auto block_size = in.u16le();
      in.skip(2);
      auto status = read_status();
      if (!in.ok()) return {};
      if (size != 0) add("file_size", std::uint64_t{size});
      if (block_size != 0) add("block_size", std::uint64_t{block_size});
      if (in.left() != 0) add("status_text", printable(in.take(in.left())));
      return status;
    }
    case 5: {
      read_handle();
      read_block();
      if (!in.ok()) return {};
      add("octets", std::uint64_t{in.left()});
      return hex(in.take(in.left()), 256);
    }
    case 6: {
      read_handle();
      read_block();
      auto status = read_status();
      if (in.left() != 0) add("status_text", printable(in.take(in.left())));
      return status;
    }
    case 7: {
      const auto name_at = in.u16le(), name_size = in.u16le(), type = in.u16le();
      const auto size = in.u32le();
      const auto created = in.le_n(6);
      const auto permissions = in.u16le();
      in.skip(2);
      if (!in.ok()) return {};
      add("file_type", name_in(file_types, type));
      add("file_size", std::uint64_t{size});
      add("file_time", seconds(created));
      add("permissions", std::uint64_t{permissions});
      notes.name = text_at(object, name_at, name_size, 20, in);
      in.skip(in.left());
      return notes.name;
    }
    case 8: return notes.name = printable(in.take(in.left()));
    default: return hex(in.take(in.left()), 256);
  }
}

value read_security(std::uint8_t variation, reader& in, security_notes& notes) {
  const auto add = [&](std::string_view name, value v) {
    if (notes.fields.size() < field_limit) notes.fields.emplace_back(std::string{name}, std::move(v));
  };
  add("authentication", name_in(security_objects, variation));
  std::optional<std::uint16_t> user;
  const auto sequence_and_user = [&] {
    in.skip(4);
    user = in.u16le();
  };
  switch (variation) {
    case 1: {
      sequence_and_user();
      const auto algorithm = in.u8(), reason = in.u8();
      if (!in.ok()) break;
      notes.challenge = true;
      add("mac_algorithm", name_in(mac_algorithms, algorithm));
      add("challenge_reason", reason == 1 ? value{std::string{"critical"}} : value{std::uint64_t{reason}});
      break;
    }
    case 2: sequence_and_user(), notes.reply = true; break;
    case 3: sequence_and_user(); break;
    case 4: user = in.u16le(); break;
    case 5: {
      sequence_and_user();
      in.skip(1);
      const auto status = in.u8(), algorithm = in.u8();
      const auto challenge = in.u16le();
      in.skip(challenge);
      if (!in.ok()) break;
      notes.key_status = status;
      add("key_status", name_in(key_statuses, status));
      add("mac_algorithm", name_in(mac_algorithms, algorithm));
      break;
    }
    case 6: sequence_and_user(), notes.key_change = true; break;
    case 7: {
      sequence_and_user();
      in.skip(2);  // association
      const auto error = in.u8();
      in.skip(6);  // when
      if (!in.ok()) break;
      notes.error = error;
      add("authentication_error", authentication_error_name(error));
      if (in.left() != 0) add("error_text", printable(in.rest()));
      break;
    }
    case 8: in.skip(2); break;
    case 10: {
      in.skip(1);
      const auto operation = in.u8();
      in.skip(4);
      const auto role = in.u16le();
      in.skip(2);
      const auto name = in.u16le();
      in.skip(4);
      const auto who = printable(in.take(name));
      if (!in.ok()) break;
      add("user_operation", name_in(user_operations, operation));
      add("user_role", std::uint64_t{role});
      add("user_name", who);
      break;
    }
    case 11: {
      in.skip(1);
      const auto name = in.u16le();
      in.skip(2);
      const auto who = printable(in.take(name));
      if (in.ok()) add("user_name", who);
      break;
    }
    case 12:
    case 13: sequence_and_user(); break;
    default: break;  // 9, 14, 15: a MAC or a signature alone
  }
  if (!in.ok() || !user) return {};
  add("user", std::uint64_t{*user});
  // What is left is key material, a MAC or a challenge where the object has a size; without one (3, 4) nothing is.
  return std::uint64_t{*user};
}

}  // namespace mw::dnp3
