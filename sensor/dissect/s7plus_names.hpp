// What the numbers of S7comm-plus mean: functions, classes of objects, attributes, areas of the controller, results.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mw::s7plus {

enum class opcode : std::uint8_t { request = 0x31, response = 0x32, notification = 0x33, response_2 = 0x02 };

namespace function {
constexpr std::uint16_t error = 0x04b1, explore = 0x04bb, create_object = 0x04ca, delete_object = 0x04d4, set_variable = 0x04f2,
                        get_variable = 0x04fc, add_link = 0x0506, remove_link = 0x051a, get_link = 0x0524, set_multi = 0x0542,
                        get_multi = 0x054c, begin_sequence = 0x0556, end_sequence = 0x0560, invoke = 0x056b, set_substreamed = 0x057c,
                        get_substreamed = 0x0586, get_addresses = 0x0590, abort = 0x059a, error_2 = 0x05a9, init_ssl = 0x05b3;
}

/// Objects and attributes that are read further than their number.
namespace id {
constexpr std::uint32_t plc_program = 3, cpu_exec_unit = 52, object_name = 233, client_id = 289, user = 296, application = 297, host = 298,
                        challenge = 303, response = 304, session_version = 306, client_password = 309, system_string = 319,
                        project_string = 320, session_class = 287, subscription_class = 1001, reference_list = 1048, credit_limit = 1053,
                        qualifier = 1256, session_key = 1830, legitimate = 1846, operating_state_request = 2167, block_number = 2521,
                        body_description = 2533, db_actual = 2550, code = 2580, alarm_subscription_class = 2662, cpu_alarm_id = 2670,
                        alarm_class = 2681, job_credit = 2692, reference_credit = 2711, operating_state = 3486, area_actual = 3736,
                        payload_password = 40403;
constexpr std::uint32_t first_dynamic = 0x70000000;  ///< sessions, subscriptions and what else is made while the controller runs
}  // namespace id

struct meaning {
  std::string_view name;  ///< "" = unknown number
  mw::action action = mw::action::diagnose;
};
meaning meaning_of(std::uint16_t function);
/// Of a class, where it is one of the controller's program, session or subscriptions; "" otherwise.
std::string_view class_name(std::uint32_t class_id);
/// A class of blocks: whoever makes such an object downloads a program.
bool is_block_class(std::uint32_t class_id);
/// An attribute whose value is the code of a block.
bool is_code(std::uint32_t attribute);
/// An attribute that decides about a session: its keys, its password, how it proves who it is.
bool is_secret(std::uint32_t attribute);
/// "DB7", "M", "I"; "" where the number is an object and not an area.
std::string area_name(std::uint32_t rid);
/// Of a method called by number: what it does to the controller.
meaning meaning_of_method(std::uint32_t method);
/// Of a value written to the operating state; diagnose where the number is not known.
meaning meaning_of_state(std::int64_t state);

/// The result of a service: what is wrong in the lower 16 bits, positive where it is only a remark.
constexpr std::int16_t result_code(std::uint64_t v) { return static_cast<std::int16_t>(static_cast<std::uint16_t>(v)); }
std::string_view result_name(std::int16_t code);
std::string_view result_source(std::uint64_t v);

}  // namespace mw::s7plus
