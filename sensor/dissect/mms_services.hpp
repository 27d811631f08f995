// The services of MMS (ISO 9506-2): what each one is, and what its request and its response say.
#pragma once
#include "sensor/dissect/mms_data.hpp"
#include "sensor/dissect/mms_memory.hpp"

namespace mw::mms {

/// How a request names what it is about; `special` requests have a layout of their own.
enum class form : std::uint8_t {
  nothing,
  name,         ///< an object's name, itself
  named,        ///< a sequence that begins with an object's name
  deletion,     ///< a scope, and the names of what is deleted
  domain,       ///< a domain's name, itself
  domain_head,  ///< a sequence that begins with it
  program,      ///< the same of program invocations
  program_head,
  special,
};
struct service {
  std::uint8_t number;
  std::string_view name;
  mw::action action;
  mms::form form;
};
const service& describe(std::uint32_t number);

enum number : std::uint32_t {
  status = 0,
  get_name_list = 1,
  identify = 2,
  rename_object = 3,
  read_variables_service = 4,
  write_variables_service = 5,
  get_access_attributes = 6,
  define_list = 11,
  get_list_attributes = 12,
  delete_list = 13,
  input = 17,
  output_text = 18,
  initiate_download = 26,
  download_segment = 27,
  terminate_download = 28,
  initiate_upload = 29,
  upload_segment = 30,
  terminate_upload = 31,
  request_download = 32,
  request_upload = 33,
  load_content = 34,
  store_content = 35,
  get_domain_attributes = 37,
  create_program = 38,
  start_program = 40,
  resume_program = 42,
  get_program_attributes = 45,
  obtain_file = 46,
  read_journal = 65,
  get_capability_list = 71,
  file_open = 72,
  file_read = 73,
  file_close = 74,
  file_rename = 75,
  file_delete = 76,
  file_directory = 77,
};

struct learned {
  std::string_view kind;
  std::string value;
  std::uint8_t confidence = 0;
};
/// What reading a service needs and gives beside the operation.
struct exchange {
  memory& known;
  side asker;  ///< who asks; the facts are about the other side
  output& out;
  reader& in;  ///< fails where the message breaks its layout
  std::vector<learned> facts{};

  void broken(side from, std::string_view rule, std::string_view detail) { out.violate(from, rule, detail); }
  void learn(std::string_view kind, std::string text, std::uint8_t confidence) {
    constexpr std::size_t most = 64;
    if (facts.size() < most)
      facts.push_back({kind, std::move(text), confidence});
    else
      out.count("mms", "forgotten", "finding");
  }
};

void read_request(std::uint32_t service, const ber::element& body, operation& op, exchange& x);
outcome read_response(std::uint32_t service, const ber::element& body, operation& op, exchange& x);
void read_status(bytes content, operation& op, exchange& x);
void read_event(bytes content, operation& op, exchange& x);

// files, domains and program invocations
void read_transfer_request(std::uint32_t service, const ber::element& body, operation& op, exchange& x);
void read_transfer_response(std::uint32_t service, const ber::element& body, operation& op, exchange& x);

// variables
void read_variable_request(std::uint32_t service, const ber::element& body, operation& op, exchange& x);
outcome read_variable_response(std::uint32_t service, const ber::element& body, operation& op, exchange& x);
void read_report(bytes content, operation& op, exchange& x);

}  // namespace mw::mms
