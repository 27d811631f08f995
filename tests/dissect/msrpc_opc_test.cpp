// OPC Data Access over DCOM: from the creation of a server's object to written values.
#include "tests/dissect/msrpc_harness.hpp"

#include "sensor/dissect/msrpc_interfaces.hpp"

#include <gtest/gtest.h>

#include <bit>

using namespace mw;
using namespace mw::test;

namespace {

struct opc : conversation {
  opc() : conversation{"msrpc"} { client_end = {ip::v4(10, 0, 0, 1), port{50000}, {}}, server_end = {ip::v4(10, 0, 0, 2), port{135}, {}}; }
  void on(std::string_view interface) {
    say(side::client, bind(++call, msrpc::find(interface)->id, 0));
    say(side::server, bind_ack(call, false));
  }
  const operation& ask(std::uint16_t operation, const octets& arguments, const octets& results) {
    ++call;
    say(side::client, request(call, operation, writer{}.raw(this_of_dcom()).raw(arguments).done()));
    say(side::server, response(call, writer{}.u32(0).u32(0).raw(results).done()));
    return out.operations.back();
  }
  std::uint32_t call = 0;
};

octets success_of() { return writer{}.pointer().u32(1).u32(0).u32(0).done(); }

/// A variant behind its pointer.
writer& variant(writer& w, std::uint16_t kind, std::uint64_t bits, std::size_t size) {
  return w.align(8).u32(size == 8 ? 4 : 3).u32(0).u16(kind).u16(0).u16(0).u16(0).u32(kind).number(bits, size);
}

/// Two items with the server's handles 11 and 12, the client's 1 and 2.
void with_items(opc& c) {
  c.on("IOPCItemMgt");
  writer asked;
  asked.u32(2).u32(2);
  for (const std::uint32_t client : {1u, 2u}) asked.pointer(false).pointer().u32(1).u32(client).u32(0).pointer(false).u16(0).u16(0);
  asked.text("Line1.Speed").align(4).text("Line1.Run").align(4);
  writer told;
  told.pointer().u32(2);
  for (const std::uint32_t server : {11u, 12u}) told.u32(server).u16(5).u16(0).u32(3).u32(0).pointer(false);
  told.pointer().u32(2).u32(0).u32(0).u32(0);
  const auto& o = c.ask(3, asked.done(), told.done());
  EXPECT_EQ(o.function_name, "add_items");
  EXPECT_EQ(o.action, action::subscribe);
  EXPECT_EQ(o.objects, (std::vector<object>{{"item", "Line1.Speed"}, {"item", "Line1.Run"}}));
}

TEST(msrpc_opc, groups) {
  opc c;
  c.on("IOPCServer");
  const auto& o =
      c.ask(3, writer{}.text("G1").align(4).u32(1).u32(500).u32(9).pointer(false).pointer(false).u32(0x409).raw(octets(16)).done(),
            writer{}.u32(77).u32(1000).pointer(false).u32(0).done());
  EXPECT_EQ(o.objects, (std::vector<object>{{"group", "G1"}}));
  EXPECT_EQ(field_of(o, "rate_ms"), value{std::int64_t{500}});
  EXPECT_EQ(field_of(o, "revised_rate_ms"), value{std::int64_t{1000}});
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(msrpc_opc, reads_and_writes_name_their_items) {
  opc c;
  with_items(c);
  c.on("IOPCSyncIO");
  writer states;
  states.pointer().u32(2);
  for (const std::uint32_t client : {1u, 2u}) states.u32(client).u32(0).u32(0).u16(0xc0).u16(0).pointer();
  variant(states, 5, std::bit_cast<std::uint64_t>(12.5), 8);
  variant(states, 11, 0xffff, 2);
  states.align(4).pointer().u32(2).u32(0).u32(0).u32(0);
  const auto& read = c.ask(3, writer{}.u16(2).u32(2).u32(2).u32(11).u32(12).done(), states.done());
  EXPECT_EQ(read.action, action::read);
  EXPECT_EQ(read.objects, (std::vector<object>{{"item", "Line1.Speed"}, {"item", "Line1.Run"}}));
  EXPECT_EQ(read.values, (std::vector<value>{12.5, true}));
  EXPECT_EQ(field_of(read, "source"), text_value("device"));

  writer w;
  w.u32(2).u32(2).u32(12).u32(99).u32(2).pointer().pointer();
  variant(w, 11, 0, 2);
  variant(w, 4, std::bit_cast<std::uint32_t>(3.5f), 4);
  const auto& write = c.ask(4, w.done(), writer{}.pointer().u32(2).u32(0).u32(0xc0040006).u32(1).done());
  EXPECT_EQ(write.action, action::write);
  EXPECT_EQ(write.objects, (std::vector<object>{{"item", "Line1.Run"}, {"handle", "99"}}));
  EXPECT_EQ(write.values, (std::vector<value>{false, 3.5}));
  EXPECT_EQ(field_of(write, "statuses"), text_value("S_OK OPC_E_BADRIGHTS"));
  EXPECT_EQ(write.outcome, outcome::ok);
  EXPECT_EQ(field_of(write, "status"), text_value("S_FALSE"));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(msrpc_opc, variants_of_every_kind) {
  const struct {
    std::uint16_t kind;
    std::uint64_t bits;
    std::size_t size;
    value meant;
  } rows[] = {{2, 0xffff, 2, std::int64_t{-1}},
              {3, 0xfffffffe, 4, std::int64_t{-2}},
              {16, 0x80, 1, std::int64_t{-128}},
              {17, 0x80, 1, std::uint64_t{128}},
              {18, 0xffff, 2, std::uint64_t{65535}},
              {19, 0xffffffff, 4, std::uint64_t{4294967295}},
              {20, ~0ull, 8, std::int64_t{-1}},
              {7, std::bit_cast<std::uint64_t>(25570.0), 8, 86400.0},
              {6, 15000, 8, 1.5},
              {10, 0x80004005, 4, std::uint64_t{0x80004005}}};
  for (const auto& r : rows) {
    opc c;
    c.on("IOPCSyncIO");
    writer w;
    w.u32(1).u32(1).u32(12).u32(1).pointer();
    variant(w, r.kind, r.bits, r.size);
    EXPECT_EQ(c.ask(4, w.done(), writer{}.pointer().u32(1).u32(0).u32(0).done()).values, std::vector<value>{r.meant}) << r.kind;
    EXPECT_TRUE(c.out.violations.empty());
  }
  opc c;
  c.on("IOPCSyncIO");
  writer w;  // an array, which is passed over by its size, then text
  w.u32(2).u32(2).u32(1).u32(2).u32(2).pointer().pointer();
  w.align(8).u32(5).u32(0).u16(0x2005).u16(0).u16(0).u16(0).u32(0x2005).u32(0).raw(octets(16));
  w.align(8).u32(4).u32(0).u16(8).u16(0).u16(0).u16(0).u32(8).pointer().u32(3).u32(6).u32(3).wide_chars("abc");
  EXPECT_EQ(c.ask(4, w.done(), success_of()).values, (std::vector<value>{value{}, std::string{"abc"}}));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(msrpc_opc, callbacks_name_items_by_the_clients_handles) {
  opc c;
  with_items(c);
  c.on("IOPCDataCallback");
  writer w;
  w.u32(0).u32(9).u32(0).u32(0).u32(1).u32(1).u32(2).u32(1).pointer();
  variant(w, 3, 7, 4);
  w.u32(1).u16(0xc0);
  const auto& o = c.ask(3, w.done(), writer{}.u32(0).done());
  EXPECT_EQ(o.action, action::report);
  EXPECT_EQ(o.objects, (std::vector<object>{{"item", "Line1.Run"}}));
  EXPECT_EQ(o.values, (std::vector<value>{std::int64_t{7}}));
}

TEST(msrpc_opc, the_same_handle_of_two_groups_is_not_believed) {
  opc c;
  with_items(c);
  writer asked;
  asked.u32(1).u32(1).pointer(false).pointer().u32(1).u32(1).u32(0).pointer(false).u16(0).u16(0).text("Line2.Speed").align(4);
  c.ask(3, asked.done(),
        writer{}.pointer().u32(1).u32(11).u16(5).u16(0).u32(3).u32(0).pointer(false).pointer().u32(1).u32(0).u32(0).done());
  c.on("IOPCSyncIO");
  writer w;
  w.u32(1).u32(1).u32(11).u32(1).pointer();
  variant(w, 3, 7, 4);
  EXPECT_EQ(c.ask(4, w.done(), success_of()).objects, (std::vector<object>{{"handle", "11"}}));
}

TEST(msrpc_opc, server_status_is_inventory) {
  opc c;
  c.on("IOPCServer");
  const auto told =
      writer{}.pointer().raw(octets(24)).u16(1).u32(2).u32(0).u16(4).u16(1).u16(77).u16(0).pointer().text("Acme OPC").align(4).u32(0);
  c.ask(6, {}, told.done());
  std::map<std::string, std::string> facts;
  for (const auto& f : c.out.facts) facts[f.kind] = f.value;
  EXPECT_EQ(facts, (std::map<std::string, std::string>{{"run_state", "running"}, {"vendor", "Acme OPC"}, {"software", "Acme OPC 4.1.77"}}));
}

octets bindings(std::string_view text) {
  writer w;
  const auto words = static_cast<std::uint16_t>(1 + text.size() + 1 + 1 + 2);
  w.u32(words).u16(words).u16(static_cast<std::uint16_t>(words - 2)).u16(7).wide_chars(text).u16(0).u16(0).u16(0).u16(0);
  return w.done();
}

TEST(msrpc_opc, remote_activation_says_the_class_and_where_it_will_be) {
  opc c;
  c.on("IRemoteActivation");
  const auto server = dce_rpc::make_uuid(0x13486d51, 0x4821, 0x11d2, 0xa4943cb306c10000);
  const auto& o = c.ask(0,
                        writer{}
                            .uuid(server)
                            .pointer(false)
                            .pointer(false)
                            .u32(2)
                            .u32(0)
                            .u32(1)
                            .pointer()
                            .u32(1)
                            .uuid(msrpc::find("IOPCServerList")->id)
                            .u16(1)
                            .done(),
                        writer{}.align(8).u64(1).pointer().raw(bindings("10.0.0.2[1055]")).align(4).raw(octets(24)).u32(0).done());
  EXPECT_EQ(o.objects, (std::vector<object>{{"class", "OpcEnum"}, {"interface", "IOPCServerList"}}));
  EXPECT_EQ(c.out.expected, (std::vector<std::string>{"10.0.0.2 1055 tcp server msrpc"}));
  EXPECT_EQ(field_of(o, "port"), value{std::int64_t{1055}});
  EXPECT_TRUE(c.out.violations.empty());
}

/// Properties of an activation in the object reference that carries them.
octets properties(const dce_rpc::uuid& kind, const octets& property) {
  const auto serialized = [](const octets& body) {
    return writer{}.u8(1).u8(0x10).u16(8).u32(0xcccccccc).u32(static_cast<std::uint32_t>(body.size())).u32(0).raw(body).done();
  };
  const auto one = serialized(property);
  writer head;
  head.u32(0)
      .u32(0)
      .u32(0)
      .u32(0)
      .u32(1)
      .raw(octets(16))
      .u32(1)
      .u32(1)
      .u32(0)
      .u32(1)
      .uuid(kind)
      .u32(1)
      .u32(static_cast<std::uint32_t>(one.size()));
  auto h = serialized(head.done());
  h[16 + 4] = static_cast<std::uint8_t>(h.size());
  writer body;
  body.u32(0).u32(0).raw(h).raw(one);
  writer reference;
  reference.u32(0x574f454d).u32(4).raw(octets(16)).raw(octets(16)).u32(0).u32(0).raw(body.done());
  return writer{}
      .u32(static_cast<std::uint32_t>(reference.done().size()))
      .u32(static_cast<std::uint32_t>(reference.done().size()))
      .raw(reference.done())
      .done();
}

TEST(msrpc_opc, activation_properties) {
  opc c;
  c.on("IRemoteSCMActivator");
  const auto server = dce_rpc::make_uuid(0xf8582cf2, 0x88fb, 0x11d0, 0xb850000000000001);
  const auto info = dce_rpc::make_uuid(0x1ab, 0, 0, 0xc000000000000046), reply = dce_rpc::make_uuid(0x1b6, 0, 0, 0xc000000000000046);
  const auto asked =
      writer{}.uuid(server).u32(0).u32(0).u32(0).u32(1).u32(0).pointer().u32(0).u32(0).u32(1).uuid(msrpc::find("IOPCServer")->id).done();
  const auto told = writer{}.pointer(false).pointer().u64(5).pointer().raw(octets(16)).u32(0).u32(0).raw(bindings("PC-7[49160]")).done();
  const auto& o = c.ask(4, writer{}.pointer(false).pointer().raw(properties(info, asked)).done(),
                        writer{}.pointer().raw(properties(reply, told)).align(4).u32(0).done());
  EXPECT_EQ(o.objects, (std::vector<object>{{"class", "f8582cf2-88fb-11d0-b850-000000000001"}, {"interface", "IOPCServer"}}));
  EXPECT_EQ(c.out.expected, (std::vector<std::string>{"10.0.0.2 49160 tcp server msrpc"}));
  ASSERT_EQ(c.out.facts.size(), 1u);
  EXPECT_EQ(c.out.facts[0].value, "PC-7");
}

TEST(msrpc_opc, wmi) {
  opc c;
  c.on("IWbemLevel1Login");
  EXPECT_EQ(
      c.ask(6, writer{}.pointer().text("//./root/cimv2").align(4).pointer(false).done(), writer{}.u32(0).u32(0).done()).objects[0].address,
      "//./root/cimv2");
  c.on("IWbemServices");
  writer w;
  w.pointer()
      .u32(13)
      .u32(26)
      .u32(13)
      .wide_chars("Win32_Process")
      .align(4)
      .pointer()
      .u32(6)
      .u32(12)
      .u32(6)
      .wide_chars("Create")
      .align(4)
      .u32(0);
  const auto& o = c.ask(24, w.done(), writer{}.u32(0).u32(0x80041003).done());
  EXPECT_EQ(o.objects, (std::vector<object>{{"method", "Win32_Process::Create"}}));
  EXPECT_EQ(o.action, action::control);
  EXPECT_EQ(field_of(o, "status"), text_value("WBEM_E_ACCESS_DENIED"));
}

TEST(msrpc_opc, every_prefix) {
  writer w;
  w.raw(this_of_dcom()).u32(2).u32(2).u32(12).u32(99).u32(2).pointer().pointer();
  variant(w, 11, 0, 2);
  variant(w, 8, 0, 4);
  every_prefix("msrpc", {{side::client, bind(1, msrpc::find("IOPCSyncIO")->id, 0)},
                         {side::server, bind_ack(1, false)},
                         {side::client, request(2, 4, w.done())},
                         {side::server, response(2, writer{}.u32(0).u32(0).pointer().u32(2).u32(0).u32(0xc0040006).u32(1).done())}});
  const auto info = dce_rpc::make_uuid(0x1ab, 0, 0, 0xc000000000000046);
  const auto asked = writer{}.uuid(info).u32(0).u32(0).u32(0).u32(1).u32(0).pointer().u32(0).u32(0).u32(1).uuid(info).done();
  every_prefix("msrpc",
               {{side::client, bind(1, msrpc::find("IRemoteSCMActivator")->id, 0)},
                {side::server, bind_ack(1, false)},
                {side::client, request(2, 4, writer{}.raw(this_of_dcom()).pointer(false).pointer().raw(properties(info, asked)).done())}});
}

}  // namespace
