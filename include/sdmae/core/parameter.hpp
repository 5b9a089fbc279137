// The flat layout of a model's parameters. A layer names its parameters once, in `each(walk)`; from that one walk come
// the constexpr table (name, shape, offset, traits) and the views that are cut from a flat buffer.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "sdmae/core/config.hpp"
#include "sdmae/core/view.hpp"

namespace sdmae {

/// How a parameter starts (released recipes of SD-MAE).
enum class initial {
  zero,
  one,
  xavier_uniform,    // ± sqrt(6 / (fan in + fan out))
  fan_in_uniform,    // ± 1 / sqrt(fan in)
  truncated_normal,  // standard deviation .02, cut at ± .02
  normal,            // standard deviation .02
  nearly_zero,       // truncated_normal, times 0.001: a classifier's head
  layer_scale,       // a constant given when the model is built
  sin_cos_2d,        // a position table over a grid, class rows zero
};

/// The outputs of a model through which a loss can reach a parameter, as bits. `pixels_output` are those of masked
/// patches; `visible_pixels_output` are the visible ones' beside them, asked for together with it.
enum outputs : unsigned {
  no_output = 0,
  pixels_output = 1,
  student_output = 2,
  teacher_output = 4,
  all_outputs = 7,
  visible_pixels_output = 8
};

struct parameter_shape {
  std::array<index, 4> extents{};
  int rank = 0;

  constexpr parameter_shape() = default;
  constexpr parameter_shape(std::initializer_list<index> list) {
    for (index extent : list) extents[static_cast<std::size_t>(rank++)] = extent;
  }
  constexpr index count() const {
    index product = 1;
    for (int i = 0; i < rank; ++i) product *= extents[static_cast<std::size_t>(i)];
    return product;
  }
};

struct parameter_traits {
  initial start = initial::zero;
  index fan_in = 0;                       // for fan_in_uniform and xavier_uniform
  bool decays = false;                    // takes part in AdamW's weight decay
  bool trained = true;                    // false: frozen, never updated
  index grid_height = 0, grid_width = 0;  // of a position table, whose last rows are the grid's
};

/// A row of the parameter table. `offset` counts values from the start of the flat buffer.
struct parameter {
  static constexpr std::size_t longest_name = 63;
  std::array<char, longest_name + 1> characters{};
  std::size_t name_length = 0;
  parameter_shape shape;
  parameter_traits traits;
  index offset = 0;
  unsigned reached_by = all_outputs;

  constexpr std::string_view name() const { return {characters.data(), name_length}; }
  constexpr index count() const { return shape.count(); }
};

/// Base of everything that walks over a parameter struct: knows where storage goes and what a path is called.
/// A struct's `each(walk)` calls walk(name, child), walk(name, view, shape, traits), or place() and piece() for a view
/// that several named parameters share. Storage starts at multiples of `grain` values; the gaps belong to no parameter.
template <class Derived>
class parameter_walk {
 public:
  static constexpr index grain = 16;  // 64 bytes of float, 128 of double: offsets do not depend on the scalar

  unsigned reached_by = all_outputs;  // set by a model's `each` before it walks into a part

  template <class Child>
  constexpr void operator()(std::string_view name, Child& child) {
    const std::size_t kept = length_;
    append(name);
    append(".");
    child.each(self());
    length_ = kept;
  }
  template <class Children>
  constexpr void numbered(std::string_view name, Children& children) {
    const std::size_t kept = length_;
    append(name);
    append(".");
    for (std::size_t i = 0; i < children.size(); ++i) {
      char digits[20] = {};
      std::size_t start = sizeof(digits);
      for (std::size_t left = i; start == sizeof(digits) || left > 0; left /= 10)
        digits[--start] = static_cast<char>('0' + left % 10);
      (*this)(std::string_view(digits + start, sizeof(digits) - start), children[i]);
    }
    length_ = kept;
  }
  template <class View>
  constexpr void operator()(std::string_view name, View& view, parameter_shape shape, parameter_traits traits) {
    const index offset = self().place(view);
    self().piece(name, offset, shape, traits);
  }

  /// Values taken so far, gaps included: what a flat buffer must hold.
  constexpr index storage() const { return next_; }

 protected:
  constexpr Derived& self() { return static_cast<Derived&>(*this); }
  constexpr index reserve(index count) {
    const index offset = next_;
    next_ = (next_ + count + grain - 1) / grain * grain;
    return offset;
  }
  constexpr void append(std::string_view text) {
    for (char c : text) path_[length_++] = c;  // past the end: not a constant expression, so a compile error
  }
  std::array<char, parameter::longest_name + 1> path_{};
  std::size_t length_ = 0;

 private:
  index next_ = 0;
};

namespace detail {

template <class T, index Rows, index Width>
constexpr index view_size(const matrix_view<T, Rows, Width>&) {
  return Rows * Width;
}
template <class T, index Size>
constexpr index view_size(const vector_view<T, Size>&) {
  return Size;
}

/// Records rows of the table; with a null destination it only counts them.
class table_walk : public parameter_walk<table_walk> {
 public:
  constexpr explicit table_walk(parameter* destination = nullptr) : destination_(destination) {}

  template <class View>
  constexpr index place(View& view) {
    return reserve(view_size(view));
  }
  constexpr void piece(std::string_view name, index offset, parameter_shape shape, parameter_traits traits) {
    if (destination_ != nullptr) {
      parameter& row = destination_[count_];
      for (std::size_t i = 0; i < length_; ++i) row.characters[row.name_length++] = path_[i];
      for (char c : name) row.characters[row.name_length++] = c;
      row.shape = shape;
      row.traits = traits;
      row.offset = offset;
      row.reached_by = reached_by;
    }
    ++count_;
  }
  constexpr std::size_t count() const { return count_; }

 private:
  parameter* destination_;
  std::size_t count_ = 0;
};

/// Adds up the room that packed weights take.
template <class PackedSize>
class packed_walk : public parameter_walk<packed_walk<PackedSize>> {
 public:
  constexpr explicit packed_walk(PackedSize packed_size) : packed_size_(packed_size) {}

  template <class View>
  constexpr index place(View& view) {
    if constexpr (requires { view.packed; }) total_ += packed_size_(view);
    return 0;
  }
  constexpr void piece(std::string_view, index, parameter_shape, parameter_traits) {}
  constexpr index total() const { return total_; }

 private:
  PackedSize packed_size_;
  index total_ = 0;
};

/// Points the views into a flat buffer and, where they are packed, into the buffer of packed weights.
template <class T, class PackedSize>
class bind_walk : public parameter_walk<bind_walk<T, PackedSize>> {
 public:
  constexpr bind_walk(T* values, T* packed, PackedSize packed_size)
      : values_(values), packed_(packed), packed_size_(packed_size) {}

  template <class View>
  constexpr index place(View& view) {
    const index offset = this->reserve(view_size(view));
    view.data = values_ + offset;
    if constexpr (requires { view.packed; }) {
      if (const index size = packed_size_(view); size > 0) view.packed = packed_ + packed_next_;
      packed_next_ += packed_size_(view);
    }
    return offset;
  }
  constexpr void piece(std::string_view, index, parameter_shape, parameter_traits) {}

 private:
  T* values_;
  T* packed_;
  PackedSize packed_size_;
  index packed_next_ = 0;
};

template <class Parameters>
constexpr std::size_t count_parameters() {
  Parameters parameters{};
  table_walk walk;
  parameters.each(walk);
  return walk.count();
}
template <class Parameters>
constexpr auto make_table() {
  std::array<parameter, count_parameters<Parameters>()> table{};
  Parameters parameters{};
  table_walk walk(table.data());
  parameters.each(walk);
  return table;
}
template <class Parameters>
constexpr index storage_of() {
  Parameters parameters{};
  table_walk walk;
  parameters.each(walk);
  return walk.storage();
}

}  // namespace detail

/// The layout of a parameter struct: rows in the order of its walk.
template <class Parameters>
inline constexpr auto parameter_table = detail::make_table<Parameters>();

/// Values a flat buffer of these parameters holds, gaps included.
template <class Parameters>
inline constexpr index parameter_storage = detail::storage_of<Parameters>();

/// Views over a flat buffer of parameter_storage values: weights, gradients or moments alike. Nothing is packed.
template <class Parameters, class T>
constexpr Parameters bind_parameters(T* values) {
  Parameters parameters{};
  const auto nothing = [](const auto&) { return index{0}; };
  detail::bind_walk<T, decltype(nothing)> walk(values, nullptr, nothing);
  parameters.each(walk);
  return parameters;
}

/// The same, with packed weights at `packed`; packed_size(weight_view) says how many values each takes.
template <class Parameters, class T, class PackedSize>
constexpr Parameters bind_parameters(T* values, T* packed, PackedSize packed_size) {
  Parameters parameters{};
  detail::bind_walk<T, PackedSize> walk(values, packed, packed_size);
  parameters.each(walk);
  return parameters;
}

/// Values that all packed weights take.
template <class Parameters, class PackedSize>
constexpr index packed_storage(PackedSize packed_size) {
  Parameters parameters{};
  detail::packed_walk<PackedSize> walk(packed_size);
  parameters.each(walk);
  return walk.total();
}

}  // namespace sdmae
