// How a file adds itself to the product: it defines one object.
#pragma once

namespace mw {

/// A list that links itself together before main(). Its head is constant initialised, so the order in which files start
/// up cannot break it; no allocation, no lock, no central list to edit. Read it only after main() has begun.
template <class T>
class registered {
public:
  class iterator {
  public:
    explicit iterator(const T* at) : at_{at} {}
    const T& operator*() const { return *at_; }
    iterator& operator++() { return at_ = static_cast<const registered*>(at_)->next_, *this; }
    friend bool operator==(iterator, iterator) = default;

  private:
    const T* at_;
  };
  struct range {
    iterator begin() const { return iterator{first_}; }
    iterator end() const { return iterator{nullptr}; }
  };
  static range all() { return {}; }

  registered& operator=(const registered&) = delete;

private:
  friend T;  // only T itself can be listed
  registered() : next_{first_} { first_ = static_cast<const T*>(this); }
  registered(const registered&) = delete;
  ~registered() = default;

  const T* next_;
  static inline constinit const T* first_ = nullptr;
};

}  // namespace mw
