// A built model: an architecture with weights on a backend.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/pack.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/model/initialise.hpp"
#include "sdmae/vit/position.hpp"

namespace sdmae {

/// Owns one piece of the backend's memory with the flat weights, their packed form and the position tables. The backend
/// must outlive it.
template <class Architecture, class B>
class model {
  static_assert(checked_backend<B>::complete);

 public:
  using architecture = Architecture;
  using backend_type = B;
  using scalar = scalar_of<B>;
  using parameters = typename Architecture::template parameters<scalar>;
  static constexpr index storage = parameter_storage<parameters>;

  explicit model(B& backend, const initialisation& from = {}) : backend_(&backend) {
    arena plan;
    lay_out(plan);
    memory_ = backend.allocate(plan.peak());
    arena real(memory_.data());
    lay_out(real);
    tables_.each([&](const auto& positions) { write_positions(positions.table); });
    backend.fill(flat_, storage, scalar(0));
    std::size_t position = 0;
    for (const parameter& row : table()) {
      std::vector<scalar> values(static_cast<std::size_t>(row.count()));
      initialise(row, position++, from, values.data());
      write(row, values);
    }
  }

  /// Takes from a planning arena what a model on this backend takes.
  static void plan(B& backend, arena& memory) { model(backend, memory); }

  /// Names, shapes, offsets and traits of all parameters.
  static constexpr std::span<const parameter> table() { return parameter_table<parameters>; }
  /// Number of values in all parameters, frozen ones included.
  static constexpr index parameter_count() {
    index count = 0;
    for (const parameter& row : table()) count += row.count();
    return count;
  }

  /// Values of one parameter, to and from the host.
  std::vector<scalar> read(const parameter& row) const {
    std::vector<scalar> values(static_cast<std::size_t>(row.count()));
    backend_->copy_out(values.data(), flat_ + row.offset, row.count());
    backend_->synchronise();
    return values;
  }
  void write(const parameter& row, const std::vector<scalar>& values) {
    backend_->copy_in(flat_ + row.offset, values.data(), row.count());
  }

  B& backend() const { return *backend_; }
  scalar* flat() const { return flat_; }
  const parameters& weights() const { return weights_; }
  const typename Architecture::template constants<scalar>& tables() const { return tables_; }
  const typename Architecture::template prepared<scalar>& prepared() const { return prepared_; }

  /// Makes what is derived from the weights: their packed form and the effective prototypes. Call after they change.
  void prepare() {
    pack_weights(*backend_, weights_);
    Architecture::prepare(*backend_, weights_, prepared_);
  }

 private:
  model(B& backend, arena& planning) : backend_(&backend) { lay_out(planning); }

  void lay_out(arena& memory) {
    flat_ = memory.take<scalar>("weights", storage);
    const packed_size<B> size{*backend_};
    scalar* const packed = memory.take<scalar>("packed weights", packed_storage<parameters>(size));
    if (!memory.planning()) weights_ = bind_parameters<parameters>(flat_, packed, size);
    tables_ = Architecture::template constants<scalar>::plan(memory);
    prepared_ = Architecture::template prepared<scalar>::plan(memory, *backend_);
  }

  template <index N, index Width>
  void write_positions(matrix_view<scalar, N, Width> table) {
    if (table.data == nullptr) return;  // the tower stores its own
    const std::vector<scalar> values = vit::sinusoid_1d<scalar>(table.rows(), Width);
    backend_->copy_in(table.data, values.data(), table.size());
    backend_->synchronise();
  }

  using memory_type = decltype(std::declval<B&>().allocate(std::size_t{}));
  B* backend_;
  memory_type memory_;
  scalar* flat_ = nullptr;
  parameters weights_;
  typename Architecture::template constants<scalar> tables_;
  typename Architecture::template prepared<scalar> prepared_;
};

/// build<architecture>(backend, {.seed = 7}): a model with the released recipe's starting values.
template <class Architecture, class B>
model<Architecture, B> build(B& backend, const initialisation& from = {}) {
  return model<Architecture, B>(backend, from);
}

}  // namespace sdmae
