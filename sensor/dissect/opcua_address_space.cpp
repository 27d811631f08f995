// Services on the address space of OPC UA (OPC 10000-4, 5.7 and 5.8): which nodes there are, and changes of them.
#include "sensor/dissect/opcua_message.hpp"

#include <string_view>

namespace mw::opcua {
namespace {

constexpr std::size_t longest_path = 1024;

void browse_request(exchange& x) {
  auto& in = x.in;
  const auto view = read_node(in);
  in.skip(16);  // its time and version, most references wanted
  each(
      in,
      [&] {
        auto node = read_node(in).text;
        in.skip(4);  // direction
        read_node(in);
        in.skip(9);  // subtypes, masks of classes and results
        if (in.ok()) add_object(x.op, "node", std::move(node));
      },
      17);
  if (!view.is_null()) x.op.fields.emplace_back("view", view.text);
}

void browse_response(exchange& x) {
  auto& in = x.in;
  std::vector<std::uint32_t> statuses;
  std::uint64_t references = 0;
  std::string names;
  each(
      in,
      [&] {
        const auto parent = statuses.size() < x.op.objects.size() ? x.op.objects[statuses.size()].address : std::string{};
        statuses.push_back(in.u32le());
        read_octets(in);  // continuation point
        each(
            in,
            [&] {
              read_node(in);
              in.skip(1);  // forward
              const auto node = read_expanded(in);
              const auto name = read_qualified(in);
              read_localized(in);
              in.skip(4);
              read_expanded(in);
              if (!in.ok()) return;
              ++references;
              append_word(names, name);
              x.known.name(node.text, name, parent);
            },
            15);
      },
      12);
  x.op.fields.emplace_back("references", references);
  if (!names.empty()) x.op.fields.emplace_back("names", names);
  say_statuses(x.op, statuses);
}

void translate_request(exchange& x) {
  auto& in = x.in;
  each(
      in,
      [&] {
        auto path = read_node(in).text;
        each(
            in,
            [&] {
              read_node(in);
              in.skip(2);  // inverse, subtypes
              const auto part = read_qualified(in);
              if (path.size() < longest_path) (path += '/') += part;
            },
            10);
        if (in.ok()) add_object(x.op, "path", std::move(path));
      },
      6);
}

void translate_response(exchange& x) {
  auto& in = x.in;
  values to{x.op.values};
  std::vector<std::uint32_t> statuses;
  each(
      in,
      [&] {
        const auto path = statuses.size() < x.op.objects.size() ? x.op.objects[statuses.size()].address : std::string{};
        statuses.push_back(in.u32le());
        bool found = false;
        each(
            in,
            [&] {
              const auto node = read_expanded(in);
              in.skip(4);
              if (!in.ok()) return;
              found = true;
              to.add(node.text);
              const auto cut = path.rfind('/');
              if (cut != std::string::npos) x.known.name(node.text, std::string_view{path}.substr(cut + 1), path.substr(0, cut));
            },
            6);
        if (!found && in.ok()) to.add({});
      },
      8);
  say_statuses(x.op, statuses);
}

void node_list(exchange& x) {
  each(x.in, [&] {
    auto node = read_node(x.in).text;
    if (x.in.ok()) add_object(x.op, "node", std::move(node));
  });
}

void add_nodes_request(exchange& x) {
  auto& in = x.in;
  std::string classes;
  each(
      in,
      [&] {
        auto parent = read_expanded(in).text;
        read_node(in);
        const auto wanted = read_expanded(in);
        auto name = read_qualified(in);
        const auto node_class = in.u32le();
        read_extension(in);  // attributes
        read_expanded(in);
        if (!in.ok() || x.op.values.size() >= most_objects) return;
        add_object(x.op, "parent", std::move(parent));
        x.op.values.emplace_back(wanted.is_null() ? std::move(name) : std::move(name) + ' ' + wanted.text);
        append_word(classes, std::to_string(node_class));
      },
      20);
  x.op.fields.emplace_back("node_classes", classes);
}

void add_nodes_response(exchange& x) {
  std::vector<std::uint32_t> statuses;
  each(
      x.in,
      [&] {
        statuses.push_back(x.in.u32le());
        auto node = read_node(x.in).text;
        if (!x.in.ok() || is_bad(statuses.back()) || x.op.returned.size() >= most_objects) return;
        x.op.returned.push_back({.space = "node", .address = std::move(node), .count = 1, .property = {}, .index = {}});
      },
      6);
  say_statuses(x.op, statuses);
}

void change_references(exchange& x) {
  auto& in = x.in;
  const bool add = x.kept.what->request == add_references;
  each(
      in,
      [&] {
        auto source = read_node(in).text;
        read_node(in);
        in.skip(1);  // forward
        if (add) read_octets(in);
        auto target = read_expanded(in).text;
        in.skip(add ? 4 : 1);
        if (!in.ok() || x.op.values.size() >= most_objects) return;
        add_object(x.op, "node", std::move(source));
        x.op.values.emplace_back(std::move(target));
      },
      8);
}

void delete_nodes_request(exchange& x) {
  each(
      x.in,
      [&] {
        auto node = read_node(x.in).text;
        x.in.skip(1);
        if (x.in.ok()) add_object(x.op, "node", std::move(node));
      },
      3);
}

}  // namespace

void read_address_space_request(exchange& x) {
  switch (x.kept.what->request) {
    case browse: return browse_request(x);
    case browse_next: x.op.fields.emplace_back("release", x.in.u8() != 0); return;
    case translate: return translate_request(x);
    case register_nodes:
    case unregister_nodes: return node_list(x);
    case add_nodes: return add_nodes_request(x);
    case add_references:
    case delete_references: return change_references(x);
    case delete_nodes: return delete_nodes_request(x);
    default: return;  // the name says enough
  }
}

void read_address_space_response(exchange& x) {
  switch (x.kept.what->request) {
    case browse:
    case browse_next: return browse_response(x);
    case translate: return translate_response(x);
    case add_nodes: return add_nodes_response(x);
    case add_references:
    case delete_references:
    case delete_nodes: return say_statuses(x.op, read_statuses(x.in));
    default: return;
  }
}

}  // namespace mw::opcua
