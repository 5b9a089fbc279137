// Layer normalisation: one warp a row, the row in its registers, so that every value is read once.
#pragma once

#include "sdmae/backend/cuda/launch.cuh"
#include "sdmae/backend/cuda/reduce.cuh"
#include "sdmae/backend/cuda/warp.cuh"
#include "sdmae/core/view.hpp"

namespace sdmae::cuda {

inline constexpr int rows_of_norm_block = 4;

/// x, y: [R, D]; gain, bias: [D]; mean, rstd: [R, 1].
template <class T, index D>
__global__ void layer_norm_kernel(rows_view<const T, D> x, vector_view<const T, D> gain, vector_view<const T, D> bias,
                                  T epsilon, rows_view<T, D> y, column_view<T> mean, column_view<T> rstd) {
  const index r = index(blockIdx.x) * rows_of_norm_block + threadIdx.y;
  if (r >= x.rows()) return;
  row_of_warp<T, D> row(threadIdx.x);
  row.load(x.row(r));
  const T center = row.sum([](T value, index) { return value; }) / T(D);
  const T variance = row.sum([=](T value, index) { return (value - center) * (value - center); }) / T(D);
  const T scale = T(1) / sqrt(variance + epsilon);
  row.each([&](T& value, index c) { value = (value - center) * scale * gain(c) + bias(c); });
  row.store(y.row(r));
  if (threadIdx.x == 0) {
    mean(r, 0) = center;
    rstd(r, 0) = scale;
  }
}

/// dx += rstd·(ĝ − mean_c(ĝ) − x̂·mean_c(ĝ·x̂)), ĝ = dy·gain. dy, x, dx: [R, D].
template <class T, index D>
__global__ void layer_norm_input_gradient_kernel(rows_view<const T, D> dy, rows_view<const T, D> x,
                                                 column_view<const T> mean, column_view<const T> rstd,
                                                 vector_view<const T, D> gain, rows_view<T, D> dx) {
  const index r = index(blockIdx.x) * rows_of_norm_block + threadIdx.y;
  if (r >= x.rows()) return;
  const T center = mean(r, 0), scale = rstd(r, 0);
  row_of_warp<T, D> g(threadIdx.x), unit(threadIdx.x), to(threadIdx.x);
  g.load(dy.row(r));
  unit.load(x.row(r));
  g.each([&](T& value, index c) { value *= gain(c); });
  unit.each([=](T& value, index) { value = (value - center) * scale; });
  const T mean_g = g.sum([](T value, index) { return value; }) / T(D);
  const T mean_gx = g.sum_with(unit, [](T a, T b) { return a * b; }) / T(D);
  to.load(dx.row(r));
  to.each_with(g, unit, [=](T& value, T a, T b) { value += scale * (a - mean_g - b * mean_gx); });
  to.store(dx.row(r));
}

template <class T, index D>
void layer_norm_forward(rows_view<const T, D> x, vector_view<const T, D> gain, vector_view<const T, D> bias, T epsilon,
                        rows_view<T, D> y, column_view<T> mean, column_view<T> rstd, cudaStream_t where) {
  launch(layer_norm_kernel<T, D>, dim3(unsigned(divide_up(x.rows(), rows_of_norm_block))),
         dim3(warp_size, rows_of_norm_block), where, x, gain, bias, epsilon, y, mean, rstd);
}

/// What dgain and dbias sum over rows: dy·x̂ and dy.
template <class T, index D>
struct layer_norm_parameter_terms {
  rows_view<const T, D> dy, x;
  column_view<const T> mean, rstd;
  SDMAE_HOST_DEVICE sums<T, 2> operator()(index r, index c) const {
    return {{dy(r, c) * ((x(r, c) - mean(r, 0)) * rstd(r, 0)), dy(r, c)}};
  }
};

template <class T, index D>
void layer_norm_backward(rows_view<const T, D> dy, rows_view<const T, D> x, column_view<const T> mean,
                         column_view<const T> rstd, vector_view<const T, D> gain, rows_view<T, D> dx,
                         vector_view<T, D> dgain, vector_view<T, D> dbias, device_workspace workspace,
                         cudaStream_t where) {
  launch(layer_norm_input_gradient_kernel<T, D>, dim3(unsigned(divide_up(x.rows(), rows_of_norm_block))),
         dim3(warp_size, rows_of_norm_block), where, dy, x, mean, rstd, gain, dx);
  reduce_columns(sums<T*, 2>{{dgain.data, dbias.data}}, x.rows(), D,
                 layer_norm_parameter_terms<T, D>{dy, x, mean, rstd}, workspace, where);
}

}  // namespace sdmae::cuda
