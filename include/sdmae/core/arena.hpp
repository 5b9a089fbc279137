// The memory plan: one walk over the shapes says how much memory a step takes, the same walk hands it out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/view.hpp"

namespace sdmae {

/// One piece of a plan, at `begin` bytes from its base.
struct planned_memory {
  std::string name;
  std::size_t begin = 0, bytes = 0;
};

/// The pieces that are held when the plan is at its largest, in the order they were taken: side by side they are all of
/// it. `pieces`: every piece ever taken, as an arena reports them.
inline std::vector<planned_memory> held_at_peak(const std::vector<planned_memory>& pieces) {
  const auto end = [](const planned_memory& piece) { return piece.begin + piece.bytes; };
  auto at = std::max_element(pieces.rbegin(), pieces.rend(),
                             [&](const auto& one, const auto& other) { return end(one) < end(other); });
  std::vector<planned_memory> held;
  for (std::size_t top = at == pieces.rend() ? 0 : end(*at); at != pieces.rend() && top > 0; ++at)
    if (end(*at) == top && at->bytes > 0) {
      held.insert(held.begin(), *at);
      top = at->begin;
    }
  return held;
}

/// What training takes, in bytes.
struct memory_plan {
  std::size_t resident = 0;            // weights, gradients, moments: from the trainer's making on
  std::size_t step = 0;                // what one step takes beside them: activations of a slice, scratch
  std::vector<planned_memory> pieces;  // of both; together as large as both
};

/// Takes consecutive 64-byte aligned pieces. Made with a null base it only plans: pieces are null, and peak() is what a
/// base must hold. Made with a base of peak() bytes, the same calls give the same pieces, now real. It never owns.
class arena {
 public:
  static constexpr std::size_t alignment = 64;

  explicit arena(std::byte* base = nullptr, std::vector<planned_memory>* report = nullptr)
      : base_(base), report_(report) {}

  /// `count` values of T, uninitialised.
  template <class T>
  T* take(const char* name, index count) {
    static_assert(std::is_trivially_copyable_v<T>, "sdmae::arena holds plain values only");
    const std::size_t bytes = (sizeof(T) * static_cast<std::size_t>(count) + alignment - 1) / alignment * alignment;
    if (report_ != nullptr) report_->push_back({prefix_ + name, used_, bytes});
    std::byte* piece = base_ == nullptr ? nullptr : base_ + used_;
    used_ += bytes;
    peak_ = std::max(peak_, used_);
    return reinterpret_cast<T*>(piece);
  }

  template <class T, index Width>
  rows_view<T, Width> rows(const char* name, index count) {
    return {take<T>(name, count * Width), count};
  }

  template <class T, index Size>
  vector_view<T, Size> vector(const char* name) {
    return vector_view<T, Size>{take<T>(name, Size)};
  }

  /// Pieces taken within the lifetime of a scope are given back at its end: what lives at different times shares
  /// memory.
  class scope {
   public:
    explicit scope(arena& owner) : owner_(owner), mark_(owner.used_) {}
    ~scope() { owner_.used_ = mark_; }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

   private:
    arena& owner_;
    std::size_t mark_;
  };

  /// Pieces taken within its lifetime are reported as "name/piece".
  class named {
   public:
    named(arena& owner, const std::string& name) : owner_(owner), length_(owner.prefix_.size()) {
      if (owner.report_ != nullptr) owner.prefix_ += name + "/";
    }
    ~named() { owner_.prefix_.resize(length_); }
    named(const named&) = delete;
    named& operator=(const named&) = delete;

   private:
    arena& owner_;
    std::size_t length_;
  };

  bool planning() const { return base_ == nullptr; }
  std::size_t used() const { return used_; }
  std::size_t peak() const { return peak_; }

 private:
  std::byte* base_;
  std::vector<planned_memory>* report_;
  std::string prefix_;
  std::size_t used_ = 0, peak_ = 0;
};

}  // namespace sdmae
