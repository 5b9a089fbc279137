// The least that a backend may be: the eight required operations and nothing else, used as narrowly as the concept
// allows. Work is done late, at synchronise() or copy_out(); memory cannot be touched in between; map runs backwards.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/defaults.hpp"

namespace archetype {

/// What a stream and its memory are on a device: work waits in order, and only it reaches the memory.
class device {
 public:
  sdmae::index copies_in = 0, copies_out = 0, owners = 0, runs = 0;

  std::byte* take(std::size_t bytes) {
    const std::size_t whole = (bytes + page - 1) / page * page + page;
    void* const memory = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    ++owners;
    pieces_[static_cast<std::byte*>(memory)] = {whole, bytes};
    return static_cast<std::byte*>(memory);
  }
  void give_back(std::byte* memory) {
    run();
    munmap(memory, pieces_.at(memory).whole);
    pieces_.erase(memory);
    --owners;
  }

  void later(std::function<void()> work) { waiting_.push_back(std::move(work)); }
  void run() {
    if (waiting_.empty()) return;
    protect(PROT_READ | PROT_WRITE);
    for (const auto& work : waiting_) work();
    waiting_.clear();
    protect(PROT_NONE);
    ++runs;
  }

  /// Throws unless [first, first + bytes) lies in one piece that has an owner.
  void expect_owned(const void* first, std::size_t bytes) const {
    const auto* const begin = static_cast<const std::byte*>(first);
    if (bytes == 0) return;
    auto piece = pieces_.upper_bound(const_cast<std::byte*>(begin));
    if (piece != pieces_.begin()) {
      --piece;
      if (begin + bytes <= piece->first + piece->second.asked) return;
    }
    throw std::logic_error("a copy reaches memory that nobody has allocated");
  }

 private:
  struct extent {
    std::size_t whole, asked;
  };
  static constexpr std::size_t page = 4096;
  void protect(int how) {
    for (const auto& [memory, size] : pieces_) mprotect(memory, size.whole, how);
  }
  std::map<std::byte*, extent> pieces_;
  std::vector<std::function<void()>> waiting_;
};

class owner {
 public:
  owner(std::shared_ptr<device> where, std::size_t bytes) : device_(std::move(where)), data_(device_->take(bytes)) {}
  owner(owner&& other) noexcept : device_(std::move(other.device_)), data_(other.data_) { other.data_ = nullptr; }
  owner& operator=(owner&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    return *this;
  }
  owner() = default;
  ~owner() {
    if (data_ != nullptr) device_->give_back(data_);
  }
  std::byte* data() const { return data_; }

 private:
  std::shared_ptr<device> device_;
  std::byte* data_ = nullptr;
};

}  // namespace archetype

template <class T>
class archetype_backend : public sdmae::backend_defaults<archetype_backend<T>, T> {
 public:
  using index = sdmae::index;

  archetype::owner allocate(std::size_t bytes) { return {device_, bytes}; }

  template <class Value>
  void copy_in(Value* to, const std::type_identity_t<Value>* from, index count) {
    ++device_->copies_in;
    device_->expect_owned(to, sizeof(Value) * static_cast<std::size_t>(count));
    device_->later([to, kept = std::vector<Value>(from, from + count)] { std::copy(kept.begin(), kept.end(), to); });
  }
  template <class Value>
  void copy_out(Value* to, const std::type_identity_t<Value>* from, index count) {
    ++device_->copies_out;
    device_->expect_owned(from, sizeof(Value) * static_cast<std::size_t>(count));
    device_->later([to, from, count] { std::copy_n(from, count, to); });
  }
  void synchronise() { device_->run(); }

  template <class F>
  void map(index rows, index width, F f) {
    device_->later([=] {
      for (index r = rows - 1; r >= 0; --r)
        for (index c = width - 1; c >= 0; --c) f(r, c);
    });
  }
  template <class A, class F>
  void reduce_rows(sdmae::reduction::sum, sdmae::column_view<A> out, index width, F f) {
    device_->later([=] {
      for (index r = 0; r < out.rows(); ++r) {
        A total = 0;
        for (index c = 0; c < width; ++c) total += static_cast<A>(f(r, c));
        out(r, 0) = total;
      }
    });
  }
  template <class A, class F>
  void reduce_rows(sdmae::reduction::maximum, sdmae::column_view<A> out, index width, F f) {
    device_->later([=] {
      for (index r = 0; r < out.rows(); ++r) {
        A largest = static_cast<A>(f(r, 0));
        for (index c = 1; c < width; ++c) largest = std::max(largest, static_cast<A>(f(r, c)));
        out(r, 0) = largest;
      }
    });
  }
  template <class A, class F>
  void reduce_columns(A* out, index rows, index width, F f) {
    device_->later([=] {
      for (index r = 0; r < rows; ++r)
        for (index c = 0; c < width; ++c) out[c] += static_cast<A>(f(r, c));
    });
  }
  void product(sdmae::product_shape s, T alpha, sdmae::operand<const T> a, sdmae::operand<const T> b,
               sdmae::operand<T> c, bool accumulate) {
    device_->later([=] {
      for (index i = 0; i < s.batch; ++i)
        for (index row = 0; row < s.rows; ++row)
          for (index column = 0; column < s.columns; ++column) {
            T& out = c.data[i * c.batch_stride + row * c.row_stride + column * c.column_stride];
            T sum = accumulate ? out : T(0);
            for (index k = 0; k < s.depth; ++k)
              sum += alpha * a.data[i * a.batch_stride + row * a.row_stride + k * a.column_stride] *
                     b.data[i * b.batch_stride + k * b.row_stride + column * b.column_stride];
            out = sum;
          }
    });
  }

  const archetype::device& device() const { return *device_; }

 private:
  std::shared_ptr<archetype::device> device_ = std::make_shared<archetype::device>();
};

static_assert(sdmae::tensor_backend<archetype_backend<double>>);
