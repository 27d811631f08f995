// Reads the time tags of IEC 60870-5-4, clause 6.8.
#include "sensor/dissect/iec104_time.hpp"

#include "common/text.hpp"

#include <array>
#include <chrono>

namespace mw::iec104 {
namespace {

std::string digits(unsigned n, std::size_t width) {
  auto text = std::to_string(n);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}
std::string clock_text(unsigned minute, unsigned milliseconds) {
  return ":" + digits(minute, 2) + ":" + digits(milliseconds / 1000, 2) + "." + digits(milliseconds % 1000, 3);
}
void add(std::string& list, std::string_view word) { list.append(list.empty() ? "" : "+").append(word); }

struct within_hour {
  unsigned milliseconds, minute;
  bool valid;
};
within_hour read_within_hour(reader& in, std::string& condition) {
  const auto milliseconds = in.u16le();
  const auto octet = in.u8();
  if ((octet & 0x80) != 0) add(condition, "invalid");
  if ((octet & 0x40) != 0) add(condition, "substituted");
  const unsigned minute = octet & 0x3f;
  return {milliseconds, minute, milliseconds < 60000 && minute < 60};
}

}  // namespace

time_tag read_cp24(reader& in) {
  time_tag t;
  const auto raw = in.rest();
  const auto w = read_within_hour(in, t.condition);
  t.text = w.valid ? clock_text(w.minute, w.milliseconds) : hex(raw.first(std::min<std::size_t>(raw.size(), 3)));
  return t;
}

time_tag read_cp56(reader& in) {
  using namespace std::chrono;
  time_tag t;
  const auto raw = in.rest();
  const auto w = read_within_hour(in, t.condition);
  const auto hour_octet = in.u8();
  const unsigned hour = hour_octet & 0x1f;
  const unsigned day_of_month = in.u8() & 0x1f, month_of_year = in.u8() & 0x0f, year_of_century = in.u8() & 0x7f;
  if ((hour_octet & 0x80) != 0) add(t.condition, "summer_time");
  const year_month_day date{year{static_cast<int>(2000 + year_of_century)}, month{month_of_year}, day{day_of_month}};
  if (!in.ok() || !w.valid || hour > 23 || year_of_century > 99 || !date.ok()) {
    t.text = hex(raw.first(std::min<std::size_t>(raw.size(), 7)));
    return t;
  }
  t.when = sys_days{date} + hours{hour} + minutes{w.minute} + milliseconds{w.milliseconds};
  t.text = digits(2000 + year_of_century, 4) + "-" + digits(month_of_year, 2) + "-" + digits(day_of_month, 2) + "T" + digits(hour, 2) +
           clock_text(w.minute, w.milliseconds);
  return t;
}

}  // namespace mw::iec104
