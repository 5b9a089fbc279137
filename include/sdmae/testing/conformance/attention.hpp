// Conformance of multi-head self-attention.
#pragma once

#include <vector>

#include "sdmae/testing/conformance/examiner.hpp"

namespace sdmae::testing {

template <tensor_backend B, index Heads, index D>
class attention_examiner {
 public:
  using T = scalar_of<B>;
  using matrix = textbook::matrix;

  /// size: that of queries and keys; scores grow with its square.
  attention_examiner(examiner<B>& e, index images, index tokens, double size)
      : e_(e),
        images_(images),
        tokens_(tokens),
        size_(size),
        rows_(images * tokens),
        qkv_values_(e.draw(rows_ * 3 * D)) {
    for (index r = 0; r < rows_; ++r)
      for (index c = 0; c < 2 * D; ++c) qkv_values_[static_cast<std::size_t>(r * 3 * D + c)] *= T(size);
  }

  void check(double bound) {
    const auto dout_values = e_.draw(rows_ * D);
    matrix out(rows_, D), log_sum(rows_, Heads), dqkv(rows_, 3 * D);
    expect(dout_values, out, log_sum, dqkv);

    guarded<B> qkv(e_.backend, qkv_values_), got_out(e_.backend, rows_ * D), got_log_sum(e_.backend, rows_ * Heads),
        workspace(e_.backend, e_.backend.template attention_workspace<Heads, D>(tokens_)),
        dout(e_.backend, dout_values), got_dqkv(e_.backend, rows_ * 3 * D);
    const rows_view<const T, 3 * D> qkv_view{qkv.data(), rows_};
    e_.backend.template attention_forward<Heads, D>(tokens_, qkv_view, rows_view<T, D>{got_out.data(), rows_},
                                                    rows_view<T, Heads>{got_log_sum.data(), rows_}, workspace.data());
    e_.compare(name("attention_forward"), got_out, out.values, bound);
    e_.compare(name("attention_forward, log of sums"), got_log_sum, log_sum.values, bound);

    workspace.write(poison<T>(workspace.count()));
    e_.backend.template attention_backward<Heads, D>(tokens_, rows_view<const T, D>{dout.data(), rows_}, qkv_view,
                                                     rows_view<const T, D>{got_out.data(), rows_},
                                                     rows_view<const T, Heads>{got_log_sum.data(), rows_},
                                                     rows_view<T, 3 * D>{got_dqkv.data(), rows_}, workspace.data());
    e_.compare(name("attention_backward"), got_dqkv, dqkv.values, bound);
    if (!workspace.intact()) e_.found.push_back(judged(name("attention, wrote outside its workspace"), false));
  }

 private:
  static constexpr index d = D / Heads;

  std::string name(const char* what) const {
    return shaped(what, {images_, tokens_, Heads, D}) + " of " + std::to_string(size_);
  }

  /// The columns of one head of one image in a table of some width, as [tokens, d].
  template <class Values>
  matrix cut(const Values& table, index width, index image, index column) const {
    matrix piece(tokens_, d);
    for (index t = 0; t < tokens_; ++t)
      for (index c = 0; c < d; ++c)
        piece(t, c) = table[static_cast<std::size_t>((image * tokens_ + t) * width + column + c)];
    return piece;
  }
  void paste(const matrix& piece, index image, index column, matrix& table) const {
    for (index t = 0; t < tokens_; ++t)
      for (index c = 0; c < piece.columns; ++c) table(image * tokens_ + t, column + c) = piece(t, c);
  }

  void expect(const std::vector<T>& dout, matrix& out, matrix& log_sum, matrix& dqkv) const {
    for (index image = 0; image < images_; ++image)
      for (index h = 0; h < Heads; ++h) {
        const textbook::attention_head head(cut(qkv_values_, 3 * D, image, h * d),
                                            cut(qkv_values_, 3 * D, image, D + h * d),
                                            cut(qkv_values_, 3 * D, image, 2 * D + h * d));
        const auto gradients = head.backward(cut(dout, D, image, h * d));
        paste(head.out, image, h * d, out);
        paste(matrix(tokens_, 1, head.log_sum), image, h, log_sum);
        paste(gradients.q, image, h * d, dqkv);
        paste(gradients.k, image, D + h * d, dqkv);
        paste(gradients.v, image, 2 * D + h * d, dqkv);
      }
  }

  examiner<B>& e_;
  index images_, tokens_;
  double size_;
  index rows_;
  std::vector<T> qkv_values_;
};

template <index Heads, index D, tensor_backend B>
void check_attention(examiner<B>& e) {
  using T = scalar_of<B>;
  for (const index tokens : {1, 2, 5, 33})
    for (const index images : {0, 1, 3})
      attention_examiner<B, Heads, D>(e, images, tokens, 1.0).check(tolerance<T>::attention);
  attention_examiner<B, Heads, D>(e, 2, 7, 12.0).check(tolerance<T>::attention_large_scores);
}

template <tensor_backend B>
void check_attentions(examiner<B>& e) {
  check_attention<1, 1>(e);
  check_attention<1, 5>(e);
  check_attention<2, 6>(e);
  check_attention<3, 96>(e);
}

}  // namespace sdmae::testing
