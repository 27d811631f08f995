// Records as JSON lines, to a file or standard output; nowhere where no path is given.
#pragma once
#include "common/record.hpp"
#include "common/record_json.hpp"

#include <cstdio>
#include <stdexcept>
#include <string>

namespace mw {

class record_writer final : public record_sink {
public:
  /// "" = nowhere, "-" = standard output. Throws std::runtime_error where the file cannot be made.
  explicit record_writer(const std::string& path) {
    if (path == "-")
      file_ = stdout;
    else if (!path.empty() && (file_ = std::fopen(path.c_str(), "w")) == nullptr)
      throw std::runtime_error{"--records " + path + ": cannot be written: name a file in a folder that exists"};
  }
  ~record_writer() override { flush(); }
  record_writer(const record_writer&) = delete;
  record_writer& operator=(const record_writer&) = delete;
  bool writes() const { return file_ != nullptr; }
  void on_record(record&& r) override {
    if (file_ == nullptr) return;
    append_json(text_, r);
    if (text_.empty() || text_.back() != '\n') text_ += '\n';
    if (text_.size() > 1 << 16) flush();
  }
  /// False once the disk has refused: from then on records are lost.
  bool flush() {
    if (file_ == nullptr || failed_) return !failed_;
    failed_ = std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size() || std::fflush(file_) != 0;
    text_.clear();
    return !failed_;
  }

private:
  std::FILE* file_ = nullptr;
  std::string text_;
  bool failed_ = false;
};

}  // namespace mw
