// Associations, calls and faults of DCE/RPC, and what the arguments of Windows' services say.
#include "tests/dissect/msrpc_harness.hpp"

#include "sensor/dissect/msrpc_interfaces.hpp"
#include "sensor/dissect/msrpc_messages.hpp"

#include <gtest/gtest.h>

using namespace mw;
using namespace mw::test;

namespace {

dce_rpc::uuid id_of(std::string_view name) { return msrpc::find(name)->id; }

/// A conversation that is bound to an interface.
struct bound : conversation {
  explicit bound(std::string_view interface, bool wide_form = false) : conversation{"msrpc"}, wide{wide_form} {
    client_end = {ip::v4(10, 0, 0, 1), port{50000}, {}}, server_end = {ip::v4(10, 0, 0, 2), port{135}, {}};
    say(side::client, bind(1, id_of(interface), 2));
    say(side::server, bind_ack(1, wide));
  }
  const operation& ask(std::uint16_t operation, const octets& stub, const octets& answered) {
    ++call;
    say(side::client, request(call, operation, stub, wide ? 1 : 0));
    say(side::server, response(call, answered, wide ? 1 : 0));
    return out.operations.back();
  }
  bool wide;
  std::uint32_t call = 1;
};
const octets success = writer{}.u32(0).done();

TEST(msrpc, bind_names_the_interface) {
  bound c{"svcctl"};
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.function_name, "bind");
  EXPECT_EQ(o.action, action::session);
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_EQ(o.objects, (std::vector<object>{{"interface", "svcctl"}}));
  EXPECT_EQ(field_of(o, "version"), text_value("2.0"));
  EXPECT_EQ(c.out.described["rpc_interface"], "svcctl");
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(msrpc, refused_binds) {
  conversation c{"msrpc"};
  const auto unknown = dce_rpc::make_uuid(1, 2, 3, 4);
  c.say(side::client, bind(1, unknown, 1));
  writer w;
  w.u16(4280).u16(4280).u32(7).u16(0).align(4).u8(1).u8(0).u16(0).u16(2).u16(1).uuid({}).u32(0);
  c.say(side::server, fragment(12, 1, w.done()));
  c.say(side::client, bind(2, unknown, 1));
  c.say(side::server, fragment(13, 2, writer{}.u16(8).u8(0).u8(0).done()));
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[0].code, "1");
  EXPECT_EQ(field_of(c.out.operations[0], "reason"), text_value("abstract_syntax_not_supported"));
  EXPECT_EQ(c.out.operations[0].objects[0].address, "00000001-0002-0003-0000-000000000004");
  EXPECT_EQ(c.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(field_of(c.out.operations[1], "reason"), text_value("authentication_type_not_recognized"));
}

octets create_service(bool wide) {
  writer w{wide};
  w.handle(1).text("evil").pointer().text("Evil Service").u32(0xf01ff).u32(16).u32(3).u32(1).text("%SystemRoot%\\x.exe").pointer(false);
  return w.done();
}

TEST(msrpc, services_by_their_handles_in_both_forms) {
  for (const bool wide : {false, true}) {
    bound c{"svcctl", wide};
    const auto& made = c.ask(12, create_service(wide), writer{wide}.pointer(false).handle(7).u32(0).done());
    EXPECT_EQ(made.function, "svcctl/12");
    EXPECT_EQ(made.function_name, "create_service_w");
    EXPECT_EQ(made.action, action::configure);
    EXPECT_EQ(made.objects, (std::vector<object>{{"service", "evil"}}));
    EXPECT_EQ(field_of(made, "binary"), text_value("%SystemRoot%\\x.exe"));
    EXPECT_EQ(field_of(made, "display_name"), text_value("Evil Service"));
    EXPECT_EQ(field_of(made, "start"), text_value("demand"));
    const auto& started = c.ask(19, writer{wide}.handle(7).u32(0).pointer(false).done(), success);
    EXPECT_EQ(started.action, action::control);
    EXPECT_EQ(started.objects, (std::vector<object>{{"service", "evil"}}));
    const auto& stopped = c.ask(1, writer{wide}.handle(7).u32(1).done(), writer{}.raw(octets(28)).u32(1062).done());
    EXPECT_EQ(stopped.outcome, outcome::refused);
    EXPECT_EQ(stopped.code, "1062");
    EXPECT_EQ(field_of(stopped, "status"), text_value("ERROR_SERVICE_NOT_ACTIVE"));
    EXPECT_EQ(field_of(stopped, "control"), text_value("stop"));
    EXPECT_EQ(c.ask(0, writer{wide}.handle(7).done(), writer{}.raw(octets(20)).u32(0).done()).objects.size(), 1u);
    EXPECT_TRUE(c.ask(2, writer{wide}.handle(7).done(), success).objects.empty());
    EXPECT_TRUE(c.out.violations.empty());
  }
}

TEST(msrpc, what_operations_mean) {
  const struct {
    std::string_view interface;
    std::uint16_t operation;
    std::string_view name;
    mw::action means;
  } rows[] = {
      {"svcctl", 2, "delete_service", action::configure},
      {"svcctl", 15, "open_sc_manager_w", action::session},
      {"svcctl", 46, "operation_46", action::read},
      {"atsvc", 0, "job_add", action::configure},
      {"ITaskSchedulerService", 1, "sch_rpc_register_task", action::configure},
      {"ITaskSchedulerService", 12, "sch_rpc_run", action::control},
      {"winreg", 22, "set_value", action::write},
      {"winreg", 17, "query_value", action::read},
      {"winreg", 24, "initiate_system_shutdown", action::restart},
      {"drsuapi", 3, "drs_get_nc_changes", action::read},
      {"netlogon", 30, "netr_server_password_set2", action::configure},
      {"srvsvc", 15, "net_share_enum_all", action::read},
      {"samr", 50, "create_user2", action::configure},
      {"spoolss", 89, "add_printer_driver_ex", action::configure},
      {"spoolss", 111, "set_job_named_property", action::configure},
      {"samr", 73, "unicode_change_password_user4", action::configure},
      {"IWbemServices", 24, "exec_method", action::control},
      {"IOPCSyncIO", 4, "write", action::write},
      {"IOPCSyncIO", 3, "read", action::read},
      {"IOPCServer", 3, "add_group", action::subscribe},
      {"IOPCDataCallback", 3, "on_data_change", action::report},
      {"IOPCHDA_SyncUpdate", 5, "replace", action::write},
      {"IOPCEventServer", 17, "ack_condition", action::alarm},
      {"IRemoteSCMActivator", 4, "remote_create_instance", action::session},
      {"eventlog", 0, "clear_event_log_w", action::configure},
  };
  for (const auto& r : rows) {
    const auto* const of = msrpc::find(r.interface);
    ASSERT_NE(of, nullptr) << r.interface;
    EXPECT_EQ(msrpc::operation_name(of, r.operation), r.name);
    EXPECT_EQ(msrpc::action_of(of, r.operation), r.means) << r.name;
  }
  for (const auto& family :
       {msrpc::windows_interfaces(), msrpc::directory_interfaces(), msrpc::object_interfaces(), msrpc::opc_interfaces()})
    for (const auto& i : family) EXPECT_EQ(msrpc::find(i.id), &i) << i.name;  // no identifier twice
}

TEST(msrpc, tasks_registry_and_shares) {
  bound at{"atsvc"};
  const auto& job = at.ask(0, writer{}.pointer().text("\\\\pc").u32(3600000).u32(0).u8(0).u8(0).u16(0).pointer().text("cmd /c x").done(),
                           writer{}.u32(4).u32(0).done());
  EXPECT_EQ(job.objects, (std::vector<object>{{"job", "cmd /c x"}}));
  EXPECT_EQ(field_of(job, "job"), value{std::int64_t{4}});

  bound task{"ITaskSchedulerService"};
  const auto& made = task.ask(1,
                              writer{}
                                  .pointer()
                                  .text("\\Evil")
                                  .text("<Task><Exec><Command>cmd.exe</Command><Arguments>/c x</Arguments></Exec></Task>")
                                  .u32(6)
                                  .done(),
                              writer{}.pointer().text("\\Evil").align(4).pointer(false).u32(0).done());
  EXPECT_EQ(made.objects, (std::vector<object>{{"task", "\\Evil"}}));
  EXPECT_EQ(field_of(made, "command"), text_value("cmd.exe"));
  EXPECT_EQ(field_of(made, "arguments"), text_value("/c x"));

  bound registry{"winreg"};
  registry.ask(2, writer{}.pointer(false).u32(0x2000000).done(), writer{}.handle(1).u32(0).done());
  registry.ask(15, writer{}.handle(1).counted("SYSTEM\\Setup").u32(0).u32(0x20019).done(), writer{}.handle(2).u32(0).done());
  const auto& set = registry.ask(22, writer{}.handle(2).counted("Mode").u32(4).size(4).raw(octets(4)).u32(4).done(), success);
  EXPECT_EQ(set.action, action::write);
  EXPECT_EQ(set.objects, (std::vector<object>{{"registry", "HKLM\\SYSTEM\\Setup\\Mode"}}));
  EXPECT_EQ(field_of(set, "bytes"), value{std::int64_t{4}});

  bound shares{"srvsvc"};
  const auto& canonical = shares.ask(31, writer{}.pointer().text("pc").align(4).text("\\a\\..\\..\\x").u32(0).done(), success);
  EXPECT_EQ(canonical.objects, (std::vector<object>{{"path", "\\a\\..\\..\\x"}}));
  const auto told =
      writer{}.u32(101).pointer().u32(500).pointer().u32(10).u32(0).u32(3).pointer().text("PC-7").align(4).text("line 3").align(4).u32(0);
  shares.ask(21, writer{}.pointer(false).u32(101).done(), told.done());
  std::map<std::string, std::string> facts;
  for (const auto& f : shares.out.facts) facts[f.kind] = f.value;
  EXPECT_EQ(facts, (std::map<std::string, std::string>{{"host_name", "PC-7"}, {"description", "line 3"}, {"os", "Windows 10.0"}}));
  for (const auto* c : {&at, &task, &registry, &shares}) EXPECT_TRUE(c->out.violations.empty());
}

TEST(msrpc, a_weak_client_challenge_is_a_violation_once) {
  const auto ask = [](const octets& challenge) { return writer{}.pointer().text("DC").align(4).text("PC").raw(challenge).done(); };
  bound c{"netlogon"};
  c.ask(4, ask(octets(8)), writer{}.raw(octets(8, 0xaa)).u32(0).done());
  c.ask(4, ask(octets(8)), writer{}.raw(octets(8, 0xaa)).u32(0).done());
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "client_challenge");
  EXPECT_EQ(c.out.violations[0].protocol, "msrpc");
  bound good{"netlogon"};
  good.ask(4, ask(hex("00 00 00 00 01 00 00 00")), writer{}.raw(octets(8, 0xaa)).u32(0).done());
  EXPECT_TRUE(good.out.violations.empty());
  const auto stub = writer{}.pointer().text("DC").align(4).text("DC$").u16(6).text("DC").raw(octets(8)).u32(0x212fffff).done();
  const auto& refused = c.ask(26, stub, writer{}.raw(octets(8)).u32(0).u32(0).u32(0xc0000022).done());
  EXPECT_EQ(refused.outcome, outcome::refused);
  EXPECT_EQ(refused.objects, (std::vector<object>{{"account", "DC$"}}));
  EXPECT_EQ(field_of(refused, "status"), text_value("STATUS_ACCESS_DENIED"));
  EXPECT_EQ(field_of(refused, "channel"), text_value("server"));
  EXPECT_EQ(field_of(refused, "credential_is_zero"), value{true});
}

octets tower(const dce_rpc::uuid& interface, std::uint16_t port, const octets& address) {
  const auto id = [](const dce_rpc::uuid& u) { return writer{}.u8(0x0d).done().size() + writer{}.uuid(u).done().size() + 2; };
  writer w;
  const auto floor = [&](const octets& left, const octets& right) {
    w.number(left.size(), 2, false).raw(left).number(right.size(), 2, false).raw(right);
  };
  const auto named = [&](const dce_rpc::uuid& u) {
    octets left{0x0d};
    const auto wire = writer{}.uuid(u).done();
    left.insert(left.end(), wire.begin(), wire.end());
    left.push_back(1), left.push_back(0);
    EXPECT_EQ(left.size(), id(u));
    return left;
  };
  w.number(5, 2, false);
  floor(named(interface), {0, 0}), floor(named(ndr_32), {0, 0}), floor({0x0b}, {0, 0});
  floor({0x07}, {static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port)}), floor({0x09}, address);
  return w.done();
}

TEST(msrpc, the_mapper_announces_conversations) {
  bound c{"epmapper"};
  const auto asked = tower(id_of("netlogon"), 135, {0, 0, 0, 0}), told = tower(id_of("netlogon"), 49668, {10, 0, 0, 9});
  const auto& o = c.ask(
      3,
      writer{}.pointer(false).pointer().size(asked.size()).u32(static_cast<std::uint32_t>(asked.size())).raw(asked).handle(0).u32(4).done(),
      writer{}
          .handle(0)
          .u32(1)
          .size(4)
          .size(0)
          .size(1)
          .pointer()
          .size(told.size())
          .u32(static_cast<std::uint32_t>(told.size()))
          .raw(told)
          .u32(0)
          .done());
  EXPECT_EQ(o.objects, (std::vector<object>{{"interface", "netlogon"}}));
  EXPECT_EQ(field_of(o, "port"), value{std::int64_t{49668}});
  EXPECT_EQ(c.out.expected, (std::vector<std::string>{"10.0.0.9 49668 tcp server msrpc"}));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(msrpc, faults_refuse) {
  bound c{"svcctl"};
  c.say(side::client, request(2, 12, create_service(false)));
  c.say(side::server, fault_of(2, 5));
  c.say(side::server, fault_of(99, 0x1c010003));
  ASSERT_EQ(c.out.operations.size(), 3u);
  EXPECT_EQ(c.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[1].code, "5");
  EXPECT_EQ(field_of(c.out.operations[1], "fault"), text_value("nca_s_fault_access_denied"));
  EXPECT_EQ(field_of(c.out.operations[2], "fault"), text_value("nca_unk_if"));
}

octets protection(std::uint8_t level, std::uint8_t padding) {
  return writer{}.u8(10).u8(level).u8(padding).u8(0).u32(1).raw(octets(16, 0xee)).done();
}

TEST(msrpc, protected_calls) {
  bound c{"svcctl"};
  auto padded = create_service(false);
  padded.resize(padded.size() + 6, 0xbb);
  c.say(side::client, request(2, 12, padded, 0, protection(5, 6)));  // signed: readable
  c.say(side::server, response(2, writer{}.pointer(false).handle(7).u32(1073).raw({0xbb, 0xbb}).done(), 0, protection(5, 2)));
  c.say(side::client, request(3, 12, octets(48, 0x99), 0, protection(6, 0)));  // sealed
  c.say(side::server, response(3, octets(32, 0x99), 0, protection(6, 0)));
  ASSERT_EQ(c.out.operations.size(), 3u);
  EXPECT_EQ(c.out.operations[1].objects, (std::vector<object>{{"service", "evil"}}));
  EXPECT_EQ(field_of(c.out.operations[1], "status"), text_value("ERROR_SERVICE_EXISTS"));
  EXPECT_TRUE(c.out.operations[2].objects.empty());
  EXPECT_EQ(field_of(c.out.operations[2], "encrypted"), value{true});
  EXPECT_EQ(c.out.operations[2].outcome, outcome::ok);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(msrpc, fragments_gaps_and_timeouts) {
  bound c{"svcctl"};
  const auto stub = create_service(false);
  const octets a(stub.begin(), stub.begin() + 40), b(stub.begin() + 40, stub.end());
  c.say(side::client, request(2, 12, a, 0, {}, 1));
  c.say(side::client, request(2, 12, b, 0, {}, 2));
  c.say(side::server, response(2, writer{}.pointer(false).handle(7).u32(0).done()));
  EXPECT_EQ(c.out.operations.back().objects, (std::vector<object>{{"service", "evil"}}));
  c.say(side::client, request(3, 12, a, 0, {}, 1));
  c.gap(side::client);
  c.say(side::client, request(3, 12, b, 0, {}, 2));
  c.say(side::server, response(3, writer{}.pointer(false).handle(8).u32(0).done()));
  EXPECT_TRUE(c.out.operations.back().objects.empty());
  EXPECT_EQ(c.out.operations.back().outcome, outcome::ok);
  c.say(side::server, response(77, success));
  EXPECT_EQ(c.out.operations.back().outcome, outcome::unpaired);
  c.say(side::client, request(4, 19, writer{}.handle(7).done()));
  c.wait(std::chrono::minutes{3});
  EXPECT_EQ(c.out.operations.back().outcome, outcome::timeout);
  EXPECT_EQ(c.out.operations.back().objects, (std::vector<object>{{"service", "evil"}}));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(msrpc, broken_messages) {
  bound c{"svcctl"};
  c.say(side::client, request(2, 12, writer{}.handle(1).size(500).size(0).size(500).u16(0x41).done()));  // a string without its end
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "stub");
  c.say(side::client, request(3, 12, octets(4), 0, protection(5, 200)));
  EXPECT_EQ(c.out.violations.back().rule, "authentication_padding");
  c.say(side::client, fragment(1, 4, octets(8)));
  EXPECT_EQ(c.out.violations.back().rule, "kind");
  c.say(side::client, fragment(11, 5, octets(4)));
  EXPECT_EQ(c.out.violations.back().rule, "bind");
  c.say(side::client, request(6, 16, writer{}.handle(1).text("spooler").u32(1).done()));
  c.say(side::server, response(6, writer{}.handle(3).u32(0).done()));
  EXPECT_EQ(c.out.operations.back().objects, (std::vector<object>{{"service", "spooler"}}));
}

TEST(msrpc, tables_are_capped) {
  bound c{"svcctl"};
  for (std::uint32_t n = 0; n < 200; ++n) {
    auto handle = octets(20);
    handle[0] = static_cast<std::uint8_t>(n), handle[1] = 1;
    c.ask(16, writer{}.handle(1).text("s").u32(1).done(), writer{}.raw(handle).u32(0).done());
  }
  EXPECT_EQ(c.out.counts["msrpc/forgotten/handle"], 200u - 128u);
  for (std::uint32_t n = 0; n < 200; ++n) c.say(side::client, request(1000 + n, 19, writer{}.handle(1).done()));
  EXPECT_EQ(std::ranges::count(c.out.operations, outcome::timeout, &operation::outcome), 200 - 128);
}

TEST(msrpc, over_a_pipe_cut_anywhere_and_without_its_bind) {
  msrpc::calls calls{"\\svcctl"};
  recorder out;
  auto stream = request(2, 16, writer{}.handle(1).text("spooler").u32(1).done());
  const auto more = request(3, 19, writer{}.handle(1).done());
  stream.insert(stream.end(), more.begin(), more.end());
  for (const auto b : stream) calls.on_octets({.data = bytes{&b, 1}, .from = side::client}, out);
  const auto answered = response(2, writer{}.handle(3).u32(0).done());
  calls.on_octets({.data = answered, .from = side::server}, out);
  calls.on_end(out);
  ASSERT_EQ(out.operations.size(), 2u);
  EXPECT_EQ(out.operations[0].protocol, "msrpc");
  EXPECT_EQ(out.operations[0].function, "svcctl/16");
  EXPECT_EQ(out.operations[0].objects, (std::vector<object>{{"service", "spooler"}}));
  EXPECT_EQ(out.operations[1].outcome, outcome::timeout);
  const octets other(20, 0x41);
  calls.on_octets({.data = other, .from = side::client}, out);  // the pipe's own protocol
  EXPECT_TRUE(out.violations.empty());
}

TEST(msrpc, probe) {
  const auto& p = named("msrpc").about;
  EXPECT_EQ(p.probe(bind(1, id_of("svcctl"), 2), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(bind(1, dce_rpc::make_uuid(1, 2, 3, 4), 2), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(hex("05 00"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("05 00 00 03 00 00 01 00 00 20 00 00 00 00 00 00"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex("05 64 05 c0 01 00 00 04 e9 21"), transport::tcp), match::no);  // DNP3
  EXPECT_EQ(p.probe(hex("03 00 00 16"), transport::tcp), match::no);
}

TEST(msrpc, every_prefix) {
  every_prefix("msrpc", {{side::client, bind(1, id_of("svcctl"), 2)},
                         {side::server, bind_ack(1, false)},
                         {side::client, request(2, 12, create_service(false))},
                         {side::server, response(2, writer{}.pointer(false).handle(7).u32(0).done())}});
  const auto told = tower(id_of("netlogon"), 49668, {10, 0, 0, 9});
  every_prefix(
      "msrpc",
      {{side::client, bind(1, id_of("epmapper"), 3)},
       {side::server, bind_ack(1, false)},
       {side::client,
        request(2, 3, writer{}.pointer(false).pointer().size(told.size()).u32(static_cast<std::uint32_t>(told.size())).raw(told).done())},
       {side::server, response(2, writer{}
                                      .handle(0)
                                      .u32(1)
                                      .size(4)
                                      .size(0)
                                      .size(1)
                                      .pointer()
                                      .size(told.size())
                                      .u32(static_cast<std::uint32_t>(told.size()))
                                      .raw(told)
                                      .u32(0)
                                      .done())}});
}

}  // namespace
