// The SQL Server browser on UDP ([MC-SQLR]), which knows the ports of named instances.
#include "sensor/dissect/mssql_browser.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace mw::mssql {
namespace {

operation start(std::uint8_t kind, const message& m) {
  operation op;
  op.time = m.time;
  op.action = action::identify;
  op.function = std::to_string(kind), op.function_name = "browse";
  return op;
}

}  // namespace

bool probe_browser(bytes d) {
  if (d.size() == 1 && (d[0] == 2 || d[0] == 3)) return true;
  if (d.size() > 2 && d[0] == 4 && d.back() == 0) return true;
  reader in{d};
  return in.u8() == 5 && in.u16le() == in.left() && in.ok() && printable(in.rest(), 16).starts_with("ServerName;");
}

void browser::on_message(const message& m, output& out) {
  constexpr std::uint8_t named = 4, answer = 5;
  constexpr std::size_t longest_instance = 32 + 2;
  reader in{m.data};
  const auto kind = in.u8();
  out.count("mssql", "browser", std::uint32_t{kind});
  if (kind != answer) {
    if (asked_) close(outcome::timeout, out);
    asked_ = start(kind, m);
    asker_ = m.from;
    if (kind != named) return;
    // the worm of 2003 overflowed a buffer here
    if (m.data.size() > longest_instance) out.violate(m.from, "instance_name", "the name of an instance is longer than 32 octets");
    asked_->objects.push_back({"instance", printable(in.rest(), longest_instance), 1, {}, {}});
    return;
  }
  if (in.u16le() != in.left() || !in.ok()) return out.violate(m.from, "browser", "an answer is not of the size that it says");
  const auto text = printable(in.rest(), 4096);
  tell_instances(text, m, out);
  if (!asked_) {
    asked_ = start(kind, m);
    asker_ = other(m.from);
    return close(outcome::unpaired, out);
  }
  asked_->latency = m.time - asked_->time;
  close(outcome::ok, out);
}
void browser::close(outcome how, output& out) {
  asked_->outcome = how;
  out.emit(std::move(*asked_), asker_);
  asked_.reset();
}
/// "ServerName;HIST1;InstanceName;MILL;IsClustered;No;Version;15.0.2000.5;tcp;49172;;" for each instance.
void browser::tell_instances(std::string_view text, const message& m, output& out) {
  const auto next = [&] {
    const auto end = std::min(text.find(';'), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    return word;
  };
  while (!text.empty()) {
    const auto name = next();
    if (name.empty()) continue;
    const auto value = next();
    if (name == "ServerName") out.learn(m.from, {}, "host_name", value, 80);
    if (name == "InstanceName" && asked_) asked_->values.emplace_back(std::string{value});
    if (name == "Version") out.learn(m.from, {}, "software", "Microsoft SQL Server " + std::string{value}, 70);
    std::uint16_t number = 0;
    if (name == "tcp" && std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{} && number != 0)
      out.expect({m.source.address, port{number}, {}}, side::server, transport::tcp, "mssql");
  }
}

void browser::on_time(timestamp now, output& out) {
  if (asked_ && now - asked_->time > std::chrono::seconds{30}) close(outcome::timeout, out);
}
void browser::on_end(output& out) {
  if (asked_) close(outcome::timeout, out);
}

}  // namespace mw::mssql
