// Our matrix products, split over a team of threads.
#pragma once

#include <cstddef>
#include <type_traits>

#include "sdmae/backend/cpu/product.hpp"
#include "sdmae/backend/cpu/product_grid.hpp"
#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/backend/host_memory.hpp"

namespace sdmae::cpu {

/// The team must outlive it. Results do not depend on the number of threads: no part cuts a sum.
template <class T>
class team_products {
 public:
  /// `used`: false takes no memory; nothing may then be called.
  team_products(thread_team& team, bool used)
      : team_(&team), scratch_(used ? sizeof(T) * static_cast<std::size_t>(blocking::scratch<T> * team.size()) : 0) {}

  /// y = epilogue(x·right + bias), or y += x·right. x: [rows, depth]; y: [rows, columns]; bias: [columns] or null.
  template <class Epilogue>
  void multiply(index rows, index columns, index depth, const T* x, right_operand<T> right, T* y, const T* bias,
                Epilogue epilogue) {
    each_part(rows, columns, [&](index row, index part_rows, index column, index part_columns, int thread) {
      T* const to = y + row * columns + column;
      const T* const add = bias == nullptr ? nullptr : bias + column;
      const left_operand<T> left{x + row * depth, depth, 1};
      if constexpr (std::is_base_of_v<epilogue::store, Epilogue>)
        cpu::multiply(part_rows, part_columns, depth, left, right.from(column), to, columns,
                      std::is_same_v<Epilogue, epilogue::accumulate>, scratch(thread), add);
      else
        cpu::multiply(part_rows, part_columns, depth, left, right.from(column), to, columns, false, scratch(thread),
                      add, apply_epilogue<T, Epilogue>{to, columns, row, column, epilogue});
    });
  }

  /// y += aᵀ·b, row by row of both. a: [depth, rows]; b: [depth, columns]; y: [rows, columns].
  void accumulate_transposed(index depth, index rows, index columns, const T* a, const T* b, T* y) {
    const auto right = right_operand<T>::plain(b, columns);
    each_part(rows, columns, [&](index row, index part_rows, index column, index part_columns, int thread) {
      cpu::multiply<T>(part_rows, part_columns, depth, {a + row, 1, rows}, right.from(column),
                       y + row * columns + column, columns, true, scratch(thread));
    });
  }

  /// A thread's memory for a product of its own.
  T* scratch(int thread) { return reinterpret_cast<T*>(scratch_.data()) + thread * blocking::scratch<T>; }

 private:
  /// f(first row, rows, first column, columns, thread) for the parts of a product's result, one a thread.
  template <class F>
  void each_part(index rows, index columns, const F& f) {
    const product_grid grid = product_grid::over<T>(rows, columns, team_->size());
    team_->split(grid.parts(), 1, [&](index first, index last, int thread) {
      for (index part = first; part < last; ++part) {
        const auto [row, row_end] = grid.rows_of(part);
        const auto [column, column_end] = grid.columns_of(part);
        f(row, row_end - row, column, column_end - column, thread);
      }
    });
  }

  thread_team* team_;
  host_memory scratch_;  // a piece a thread
};

}  // namespace sdmae::cpu
