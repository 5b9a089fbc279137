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

/// One line of a memory plan.
struct planned_memory {
  std::string name;
  std::size_t bytes = 0;
};

struct memory_plan {
  std::size_t bytes = 0;
  std::vector<planned_memory> pieces;
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
    if (report_ != nullptr) report_->push_back({prefix_ + name, bytes});
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
