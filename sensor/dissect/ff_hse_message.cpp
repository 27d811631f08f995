// Foundation Fieldbus HSE (FF-588, IEC 61158-5/6 type 5): header and trailer of messages, and the table of services.
#include "sensor/dissect/ff_hse_message.hpp"

#include <iterator>

namespace mw::ff {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t bit_number = 0x80, bit_invoke = 0x40, bit_time = 0x20, bit_reserved = 0x10, bit_extended = 0x08, bits_pad = 0x07;
constexpr std::uint32_t longest = 65536;

constexpr auto fms = layer::messages;
constexpr service services[] = {
    {layer::session, true, 1, "open_session", action::session},
    {layer::session, true, 3, "idle", action::session},
    {layer::management, true, 3, "sm_identify", action::identify},
    {layer::management, true, 12, "clear_address", action::configure},
    {layer::management, true, 14, "set_assignment_info", action::configure},
    {layer::management, true, 15, "clear_assignment_info", action::configure},
    {layer::management, false, 1, "find_tag_query", action::identify},
    {layer::management, false, 2, "find_tag_reply", action::identify},
    {layer::management, false, 16, "device_annunciation", action::identify},
    {fms, true, 0, "status", action::diagnose},
    {fms, true, 1, "identify", action::identify},
    {fms, true, 2, "read", action::read},
    {fms, true, 3, "write", action::write},
    {fms, true, 4, "get_od", action::read},
    {fms, true, 7, "define_variable_list", action::configure},
    {fms, true, 8, "delete_variable_list", action::configure},
    {fms, true, 9, "initiate_download_sequence", action::program_download},
    {fms, true, 10, "download_segment", action::program_download},
    {fms, true, 11, "terminate_download_sequence", action::program_download},
    {fms, true, 12, "initiate_upload_sequence", action::program_upload},
    {fms, true, 13, "upload_segment", action::program_upload},
    {fms, true, 14, "terminate_upload_sequence", action::program_upload},
    {fms, true, 15, "request_domain_download", action::program_download},
    {fms, true, 16, "request_domain_upload", action::program_upload},
    {fms, true, 17, "create_program_invocation", action::configure},
    {fms, true, 18, "delete_program_invocation", action::configure},
    {fms, true, 19, "start", action::start},
    {fms, true, 20, "stop", action::stop},
    {fms, true, 21, "resume", action::start},
    {fms, true, 22, "reset", action::restart},
    {fms, true, 23, "kill", action::stop},
    {fms, true, 24, "alter_event_condition_monitoring", action::configure},
    {fms, true, 25, "acknowledge_event_notification", action::alarm},
    {fms, true, 28, "initiate_put_od", action::configure},
    {fms, true, 29, "put_od", action::configure},
    {fms, true, 30, "terminate_put_od", action::configure},
    {fms, true, 31, "generic_initiate_download_sequence", action::program_download},
    {fms, true, 32, "generic_download_segment", action::program_download},
    {fms, true, 33, "generic_terminate_download_sequence", action::program_download},
    {fms, true, 82, "read_with_subindex", action::read},
    {fms, true, 83, "write_with_subindex", action::write},
    {fms, true, 96, "initiate", action::session},
    {fms, false, 0, "information_report", action::report},
    {fms, false, 1, "unsolicited_status", action::report},
    {fms, false, 2, "event_notification", action::alarm},
    {fms, false, 16, "information_report_with_subindex", action::report},
    {fms, false, 17, "information_report_on_change", action::report},
    {fms, false, 18, "information_report_on_change_with_subindex", action::report},
    {fms, false, 112, "abort", action::session},
    {layer::redundancy, true, 1, "get_redundancy_information", action::read},
    {layer::redundancy, true, 2, "put_redundancy_information", action::configure},
    {layer::redundancy, true, 3, "get_redundancy_statistics", action::diagnose},
    {layer::redundancy, false, 1, "diagnostic_message", action::report},
};
constexpr std::string_view error_classes[] = {
    "",      "vfd_state", "application_reference", "definition", "resource", "service", "access", "od",
    "other", "reject",    "h1_management",         "initiate"};

}  // namespace

result<message_head> read_head(bytes data) {
  reader in{data};
  message_head h;
  if (in.u8() != version || !in.ok()) return fail(fault::malformed, "not version 1");
  const auto options = in.u8();
  const auto what = in.u8(), of = in.u8();
  h.address = in.u32();
  h.length = in.u32();
  if (!in.ok()) return fail(fault::truncated, "shorter than its head", in.at());
  if ((options & bit_reserved) != 0 || what >> 2 == 0 || what >> 2 > 4 || (what & 3) == 3)
    return fail(fault::malformed, "a head of unknown kind", 1);
  h.layer = static_cast<ff::layer>(what >> 2);
  h.kind = static_cast<ff::kind>(what & 3);
  h.confirmed = (of & 0x80) != 0;
  h.service = of & 0x7f;
  h.has_invoke = (options & bit_invoke) != 0;
  if (h.length < header_size || h.length > longest) return fail(fault::malformed, "a length that cannot be", 8);
  return h;
}

result<whole_message> read_message(bytes data) {
  const auto h = read_head(data);
  if (!h) return tl::unexpected<error>{h.error()};
  whole_message m;
  m.head = *h;
  const auto options = data[1];
  const auto size_if = [&](std::uint8_t bit, std::size_t size) { return (options & bit) != 0 ? size : std::size_t{0}; };
  const auto trailer = size_if(bit_number, 4) + size_if(bit_invoke, 4) + size_if(bit_time, 8) + size_if(bit_extended, 4);
  const std::size_t padding = options & bits_pad;
  if (h->length != data.size() || h->length < header_size + trailer + padding)
    return fail(fault::malformed, "the length of the message", 8);
  m.body = data.subspan(header_size, data.size() - header_size - trailer - padding);
  reader in{data.last(trailer)};
  if ((options & bit_number) != 0) m.number = in.u32();
  if ((options & bit_invoke) != 0) m.invoke = in.u32();
  return m;
}

const service* find_service(const message_head& h) {
  for (const auto& s : services)
    if (s.layer == h.layer && s.confirmed == h.confirmed && s.code == h.service) return &s;
  return nullptr;
}

std::string address_text(std::uint32_t address) { return std::to_string(address >> 16) + '/' + std::to_string(address & 0xffff); }

std::string_view error_class(std::uint8_t c) { return c < std::size(error_classes) ? error_classes[c] : ""; }

}  // namespace mw::ff
