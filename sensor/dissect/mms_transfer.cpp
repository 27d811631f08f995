// Files, and the loading of domains and program invocations over MMS (ISO 9506-2, domain management and annex D).
#include "common/text.hpp"
#include "sensor/dissect/mms_services.hpp"

#include <array>

namespace mw::mms {
namespace {

constexpr std::array<std::string_view, 16> domain_states{
    "non_existent", "loading", "ready", "in_use", "complete", "incomplete", "", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9"};
constexpr std::array<std::string_view, 9> program_states{"non_existent", "unrunable", "idle",     "running",  "stopped",
                                                         "starting",     "stopping",  "resuming", "resetting"};
constexpr std::size_t shown = 256;  // octets of a file or a program that a record shows

template <std::size_t N>
std::string word(const std::array<std::string_view, N>& names, std::uint64_t n) {
  return n < N ? std::string{names.at(n)} : std::to_string(n);
}

std::string joined(bytes content, exchange& x) {
  std::string out;
  each(content, x.in, [&](const ber::element& e) {
    if (out.size() < 1024) (out += out.empty() ? "" : " ") += identifier(e.content);
  });
  return out;
}

void put_carried(operation& op, bool to_device, bytes data) {
  put_value(op, hex(data, shown));
  put(op, "payload_direction", std::string_view{to_device ? "to_controller" : "from_controller"});
  put(op, "payload_size", data.size());
}

/// A number that stands for an open file or upload, given by the side that is asked.
void put_handle(std::uint32_t service, bytes content, operation& op, exchange& x) {
  const bool file = service == file_read || service == file_close;
  const auto id = number(content, x.in);
  if (!x.in.ok()) return;
  put(op, file ? "frsm_id" : "ulsm_id", id);
  auto& table = file ? x.known.files : x.known.uploads;
  const of_side<std::uint64_t> key{other(x.asker), id};
  const auto* known = table.find(key);
  if (known != nullptr) put_object(op.objects, made(file ? "file" : "domain", *known));
  if (known == nullptr && x.known.from_the_start)
    x.broken(x.asker, file ? "file_sequence" : "transfer_sequence", "the number names nothing that was opened before");
  if (service == file_close || service == terminate_upload) table.erase(key);
}

void file_request(std::uint32_t service, bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    switch (service) {
      case file_open:
        if (e.context(0)) put_object(op.objects, made("file", file_name(e.content, x.in)));
        if (e.context(1)) put(op, "position", number(e.content, x.in));
        break;
      case file_rename:
        if (e.context(0) || e.context(1)) put_object(op.objects, made("file", file_name(e.content, x.in)));
        break;
      case file_directory:
        if (e.context(0)) put_object(op.objects, made("file", file_name(e.content, x.in)));
        if (e.context(1)) put(op, "continue_after", file_name(e.content, x.in));
        break;
      case obtain_file:
        if (e.context(0)) put_flag(op, "third_party", true);
        if (e.context(1)) put(op, "source_file", file_name(e.content, x.in));
        if (e.context(2)) put_object(op.objects, made("file", file_name(e.content, x.in)));
        break;
      default: break;
    }
  });
}

void attributes(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put(op, "size", number(e.content, x.in));
    if (e.context(1)) put_field(op, "last_modified", generalized_time(e.content));
  });
}

void directory_entry(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (op.returned.size() >= most_objects) return;
    if (e.context(0)) put_object(op.returned, made("file", file_name(e.content, x.in)));
    if (e.context(1))
      each(e.content, x.in, [&](const ber::element& a) {
        if (a.context(0)) put_value(op, number(a.content, x.in));
      });
  });
}
void directory_response(bytes content, operation& op, exchange& x) {
  bool more = false;
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(1)) more = truth(e.content);
    if (!e.context(0)) return;
    // the list is tagged explicitly, but some leave its own tag out: an entry begins with a file name
    each(e.content, x.in, [&](const ber::element& item) {
      const bool entry = !item.content.empty() && first(item.content, x.in).context(0);
      if (entry) return directory_entry(item.content, op, x);
      each(item.content, x.in, [&](const ber::element& inner) { directory_entry(inner.content, op, x); });
    });
  });
  put_flag(op, "more_follows", more);
}

/// Data that are loaded, whether coded or not, and whether more follow.
void segment_response(std::uint32_t service, bytes content, operation& op, exchange& x) {
  bool more = true;
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(1)) more = truth(e.content);
    // of a download the answer carries what the device asks for
    if (e.context(0) || e.kind == ber::tag_class::universal) put_carried(op, service == download_segment, e.content);
  });
  put_flag(op, "more_follows", more);
}

void domain_attributes(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put(op, "capabilities", joined(e.content, x));
    if (e.context(1)) put(op, "state", word(domain_states, number(e.content, x.in)));
    if (e.context(2)) put_flag(op, "deletable", truth(e.content));
    if (e.context(3)) put_flag(op, "sharable", truth(e.content));
    if (e.context(4)) put(op, "program_invocations", joined(e.content, x));
  });
}
void program_attributes(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put(op, "state", word(program_states, number(e.content, x.in)));
    if (e.context(1)) put(op, "domains", joined(e.content, x));
    if (e.context(2)) put_flag(op, "deletable", truth(e.content));
  });
}

/// What the requests of domains say beside the name at their head.
void domain_request(std::uint32_t service, const ber::element& body, operation& op, exchange& x) {
  const auto file = service == load_content || service == request_download ? 4u : 1u;
  if (service == download_segment || !body.constructed) return;
  each(body.content, x.in, [&](const ber::element& e) {
    if (service == terminate_download) {
      if (e.context(1)) put_flag(op, "discarded", true);
      return;
    }
    if (e.context(file) && service >= request_download) put(op, "file", file_name(e.content, x.in));
    if (e.context(1) && file == 4) put(op, "capabilities", joined(e.content, x));
    if (e.context(1) && service == initiate_download) put(op, "capabilities", joined(e.content, x));
    if (e.context(service == store_content ? 2 : 5) && service >= load_content) put_flag(op, "third_party", true);
  });
}

}  // namespace

void read_transfer_request(std::uint32_t service, const ber::element& body, operation& op, exchange& x) {
  const auto named = op.objects.empty() ? std::string{} : op.objects.front().address;
  switch (service) {
    case file_read:
    case file_close:
    case upload_segment:
    case terminate_upload: return put_handle(service, body.content, op, x);
    case file_delete: put_object(op.objects, made("file", file_name(body.content, x.in))); return;
    case file_open:
    case file_rename:
    case file_directory:
    case obtain_file: return file_request(service, body.content, op, x);
    case initiate_download:
    case terminate_download:
    case request_download:
    case request_upload:
    case load_content:
    case store_content: domain_request(service, body, op, x); break;
    case create_program:
      each(body.content, x.in, [&](const ber::element& e) {
        if (e.context(1)) put(op, "domains", joined(e.content, x));
      });
      return;
    case start_program:
    case resume_program:
      each(body.content, x.in, [&](const ber::element& e) {
        if (e.context(1)) put(op, "argument", printable(e.content));
      });
      return;
    default: break;
  }
  // the device asks for the segments of a download, and ends it
  if (service != download_segment && service != terminate_download) return;
  const of_side<std::string> key{x.asker, named};
  if (x.known.downloads.find(key) == nullptr && x.known.from_the_start)
    x.broken(x.asker, "transfer_sequence", "a download that was not begun goes on");
  if (service == terminate_download) x.known.downloads.erase(key);
}

void read_transfer_response(std::uint32_t service, const ber::element& body, operation& op, exchange& x) {
  const auto named = op.objects.empty() ? std::string{} : op.objects.front().address;
  const auto answering = other(x.asker);
  switch (service) {
    case file_open:
    case initiate_upload:
      each(body.content, x.in, [&](const ber::element& e) {
        if (e.context(0)) {
          const auto id = number(e.content, x.in);
          if (!x.in.ok()) return;
          put(op, service == file_open ? "frsm_id" : "ulsm_id", id);
          auto& table = service == file_open ? x.known.files : x.known.uploads;
          if (!named.empty()) table.put({answering, id}, named, x.out);
        }
        if (e.context(1) && service == file_open) attributes(e.content, op, x);
        if (e.context(1) && service == initiate_upload) put(op, "capabilities", joined(e.content, x));
      });
      break;
    case file_read: {
      bool more = true;
      each(body.content, x.in, [&](const ber::element& e) {
        if (e.context(0)) put_carried(op, false, e.content);
        if (e.context(1)) more = truth(e.content);
      });
      put_flag(op, "more_follows", more);
      break;
    }
    case file_directory: directory_response(body.content, op, x); break;
    case initiate_download:
      if (!named.empty()) x.known.downloads.put({answering, named}, true, x.out);
      break;
    case download_segment:
    case upload_segment: segment_response(service, body.content, op, x); break;
    case get_domain_attributes: domain_attributes(body.content, op, x); break;
    case get_program_attributes: program_attributes(body.content, op, x); break;
    default: break;
  }
}

}  // namespace mw::mms
