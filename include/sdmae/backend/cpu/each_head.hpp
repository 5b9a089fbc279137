// The heads of a slice of images, shared out over threads.
#pragma once

#include "sdmae/backend/cpu/attention.hpp"
#include "sdmae/backend/cpu/team_products.hpp"
#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/core/view.hpp"

namespace sdmae::cpu {

/// f(head, first row of the image, number of the head) for every image and head, one thread each. qkv: [B·tokens, 3D];
/// workspace: attention_head::workspace(tokens) values for each thread.
template <index Heads, index D, class T, class F>
void each_head(thread_team& team, team_products<T>& products, index tokens, rows_view<const T, 3 * D> qkv, T* workspace,
               const F& f) {
  using head_type = attention_head<T, Heads, D>;
  team.split(qkv.rows() / tokens * Heads, 1, [&](index begin, index end, int thread) {
    for (index task = begin; task < end; ++task) {
      const index row = task / Heads * tokens, h = task % Heads;
      head_type head(tokens, qkv.row(row) + h * head_type::d, workspace + thread * head_type::workspace(tokens),
                     products.scratch(thread));
      f(head, row, h);
    }
  });
}

}  // namespace sdmae::cpu
