// From the tokens of an image to one row.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/view.hpp"

namespace sdmae {

/// What stands for an image: the mean over its patch tokens, or its class token.
enum class pooling { mean, class_token };

/// pooled(image, ·) = Σ_t tokens(image·(C + V) + C + t, ·)/V over the V patches of an image, or the row of its class
/// token. tokens: [B·(C + V), D]; pooled: [B, D], overwritten.
template <index C, tensor_backend B, index D>
void pool(B& backend, index V, rows_view<const scalar_of<B>, D> tokens, rows_view<scalar_of<B>, D> pooled,
          pooling how) {
  using T = scalar_of<B>;
  const bool mean = how == pooling::mean;
  backend.map(pooled.rows(), D, [=] SDMAE_ELEMENT(index image, index c) {
    T sum = mean ? T(0) : tokens(image * (C + V), c);
    for (index t = 0; mean && t < V; ++t) sum += tokens(image * (C + V) + C + t, c);
    pooled(image, c) = mean ? sum / T(V) : sum;
  });
}

/// dtokens, overwritten: the gradient spread over the patches, 0 for class tokens; or the class token's own, 0 for
/// patches.
template <index C, tensor_backend B, index D>
void pool_backward(B& backend, index V, rows_view<const scalar_of<B>, D> dpooled, rows_view<scalar_of<B>, D> dtokens,
                   pooling how) {
  using T = scalar_of<B>;
  const bool mean = how == pooling::mean;
  backend.map(dtokens.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
    const bool patch = r % (C + V) >= C;
    dtokens(r, c) = patch != mean ? T(0) : mean ? dpooled(r / (C + V), c) / T(V) : dpooled(r / (C + V), c);
  });
}

}  // namespace sdmae
