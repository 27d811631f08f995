// The numbers of BACnet (ASHRAE 135, clause 21) that the code itself asks for.
#pragma once
#include <cstdint>

namespace mw::bacnet {

/// Services that are known by more than their name; the numbers of the confirmed and of the unconfirmed ones are apart.
struct confirmed_choice {
  enum : std::uint8_t {
    acknowledge_alarm = 0,
    cov_notification = 1,
    event_notification = 2,
    alarm_summary = 3,
    enrollment_summary = 4,
    subscribe_cov = 5,
    read_file = 6,
    write_file = 7,
    add_element = 8,
    remove_element = 9,
    create_object = 10,
    delete_object = 11,
    read_property = 12,
    read_multiple = 14,
    write_property = 15,
    write_multiple = 16,
    communication = 17,
    private_transfer = 18,
    text_message = 19,
    reinitialize = 20,
    vt_open = 21,
    vt_close = 22,
    vt_data = 23,
    read_range = 26,
    life_safety = 27,
    subscribe_property = 28,
    event_information = 29,
    subscribe_multiple = 30,
    cov_multiple = 31,
  };
};
struct unconfirmed_choice {
  enum : std::uint8_t {
    i_am = 0,
    i_have = 1,
    cov_notification = 2,
    event_notification = 3,
    private_transfer = 4,
    text_message = 5,
    time_sync = 6,
    who_has = 7,
    who_is = 8,
    utc_time_sync = 9,
    write_group = 10,
    cov_multiple = 11,
    who_am_i = 13,
    you_are = 14,
  };
};
struct property {
  static constexpr std::uint32_t all = 8, application_software = 12, description = 28, firmware = 44, location = 58, model = 70,
                                 object_name = 77, optional_ones = 80, present_value = 85, priority_array = 87, required_ones = 105,
                                 system_status = 112, vendor_identifier = 120, vendor_name = 121, serial = 372;
};
}  // namespace mw::bacnet
