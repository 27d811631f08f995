// Client messages: RFC 6143 7.5; extensions of TightVNC, UltraVNC and others after the community's description (rfbproto).
#include "sensor/dissect/vnc_input.hpp"

#include "common/text.hpp"
#include "sensor/dissect/vnc_names.hpp"

#include <algorithm>

namespace mw::rfb {
namespace {

constexpr std::size_t longest_head = 512, longest_message = 256u << 20;
constexpr std::uint8_t set_encodings = 2, key = 4, pointer = 5, cut_text = 6, ultra_file = 7, text_chat = 11, tight_list = 130,
                       tight_download = 131, tight_upload = 132, tight_data = 133, tight_cancel = 134, tight_failed = 135,
                       tight_directory = 136, fence = 248, desktop_size = 251, gii = 253, qemu = 255;
constexpr std::uint8_t ultra_request = 3, ultra_offer = 7, ultra_command = 10;  // UltraVNC: what a file message is about
constexpr std::uint8_t ultra_delete_directory = 2, ultra_delete_file = 4;

}  // namespace

result<std::size_t> input::whole_size() const {
  reader in{head_};
  const auto type = in.u8();
  if (!in.ok()) return std::size_t{0};
  if (type == qemu) {  // keys with scan codes; sound
    const auto sub = in.u8();
    const auto operation = in.u16();
    if (!in.ok()) return std::size_t{0};
    if (sub > 1) return fail(fault::malformed, "a QEMU message of an unknown kind", 1);
    return std::size_t{sub == 0 ? 12u : operation == 2 ? 10u : 4u};
  }
  const auto fixed = client_message_size(type);
  if (fixed == 0) return fail(fault::malformed, "a message of a type that is not known", 0);
  if (head_.size() < fixed) return std::size_t{0};
  std::size_t more = 0;
  const auto text_size = [](std::uint32_t n) {  // negative: extended clipboard, or a control of the chat
    const auto signed_size = static_cast<std::int32_t>(n);
    return static_cast<std::size_t>(signed_size < 0 ? -static_cast<std::int64_t>(signed_size) : signed_size);
  };
  switch (type) {
    case set_encodings: in.skip(1), more = std::size_t{in.u16()} * 4; break;
    case cut_text: in.skip(3), more = text_size(in.u32()); break;
    case text_chat: {
      in.skip(3);
      const auto n = in.u32();
      more = n >= 0xfffffffdu ? 0 : n;  // opened, closed, finished
      break;
    }
    case ultra_file: in.skip(7), more = in.u32(); break;
    case tight_list:
    case tight_cancel:
    case tight_failed:
    case tight_directory: in.skip(1), more = in.u16(); break;
    case tight_download:
    case tight_upload: in.skip(1), more = in.u16(); break;
    case tight_data: {
      in.skip(1);
      const auto real = in.u16(), packed = in.u16();
      more = real == 0 && packed == 0 ? 4u : packed;
      break;
    }
    case fence: in.skip(7), more = in.u8(); break;
    case desktop_size: in.skip(5), more = std::size_t{in.u8()} * 16; break;
    case gii: in.skip(1), more = in.u16(); break;
    default: break;
  }
  if (more > longest_message) return fail(fault::over_limit, "a message is longer than any", 0);
  return fixed + more;
}

void input::take(bytes data, side viewer, timestamp at, output& out) {
  while (!data.empty()) {
    if (skip_ != 0) {
      const auto n = std::min(skip_, data.size());
      skip_ -= n, data = data.subspan(n);
      continue;
    }
    head_.push_back(data.front());
    data = data.subspan(1);
    const auto size = whole_size();
    if (!size) {
      if (!std::exchange(lost_, true)) out.violate(viewer, "message", size.error().what);
      head_.clear();
      return;  // the rest of the segment is not understood; the next one most often begins a message
    }
    if (*size == 0) continue;
    const auto wanted = std::min(*size, longest_head) - std::min(std::min(*size, longest_head), head_.size());
    const auto n = std::min(wanted, data.size());
    head_.insert(head_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
    data = data.subspan(n);
    if (head_.size() < std::min(*size, longest_head)) continue;
    lost_ = false;
    act(viewer, at, out);
    skip_ = *size - head_.size();
    head_.clear();
  }
}

void input::act(side viewer, timestamp at, output& out) {
  const auto type = head_.front();
  out.count("vnc", "client_message", type);
  const auto first_input = [&](std::string_view name) {
    operation op;
    op.time = at;
    op.action = action::control;
    op.function = std::to_string(type);
    op.function_name = "input";
    op.fields.emplace_back("message", std::string{name});
    out.emit(std::move(op), viewer);
  };
  reader in{head_};
  in.skip(1);
  switch (type) {
    case key:
      if (keys_++ == 0) first_input("key_event");
      break;
    case qemu:
      if (in.u8() == 0 && keys_++ == 0) first_input("key_event");
      break;
    case pointer:
      if (pointers_++ == 0) first_input("pointer_event");
      break;
    case cut_text: copied(viewer == side::client ? "client" : "server", out); break;
    case ultra_file: {
      const auto about = in.u8(), first = in.u8(), second = in.u8();
      const auto how = first != 0 ? first : second;
      in.skip(8);
      auto name = in.rest();
      name = name.first(static_cast<std::size_t>(std::ranges::find(name, std::uint8_t{0}) - name.begin()));
      if (about == ultra_request) file(action::file_read, name, viewer, at, out);
      if (about == ultra_offer)
        file(action::file_write, name.first(static_cast<std::size_t>(std::ranges::find(name, ',') - name.begin())), viewer, at, out);
      if (about == ultra_command)
        file(how == ultra_delete_directory || how == ultra_delete_file ? action::file_delete : action::file_write, name, viewer, at, out);
      break;
    }
    case tight_download:
    case tight_upload:
      in.skip(1 + 2 + 4);
      file(type == tight_download ? action::file_read : action::file_write, in.rest(), viewer, at, out);
      break;
    case tight_directory: in.skip(3), file(action::file_write, in.rest(), viewer, at, out); break;
    default: break;
  }
}

void input::file(mw::action what, bytes name, side viewer, timestamp at, output& out) {
  out.describe("file_transfer", "yes");
  operation op;
  op.time = at;
  op.action = what;
  op.function = std::to_string(head_.front());
  op.function_name = client_message_name(head_.front());
  op.objects.push_back({"file", printable(name, 256)});
  out.emit(std::move(op), viewer);
}

void input::copied(std::string_view whose, output& out) {
  auto& known = whose == "client" ? client_copied_ : server_copied_;
  if (!std::exchange(known, true)) out.describe("clipboard", client_copied_ && server_copied_ ? "both" : whose);
}

void input::end(output& out) const {
  if (keys_ != 0) out.describe("key_events", std::to_string(keys_));
  if (pointers_ != 0) out.describe("pointer_events", std::to_string(pointers_));
}

}  // namespace mw::rfb
