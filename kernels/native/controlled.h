// Controller and generator, which drive each other, through time.
//
// At each bin: controller of [encoded | dropout(f) | 1 | c] -> mean and log-variance of the inferred input -> its
// sample u = mean + exp(log-variance / 2) noise -> generator of [u | measured | 1 | g] -> f = dropout(g) W_f.
#pragma once

#include "blocks.h"

namespace lfads {

struct ControlledSizes {
  int bins, trials, encoded, factors, controller, inferred, measured, generator;
  Sizes of_controller() const { return Sizes{encoded + factors, controller}; }
  Sizes of_generator() const { return Sizes{inferred + measured, generator}; }
};

struct ControlledCall : ControlledSizes {
  Real limit, scale;
  GRUWeights controller_weights, generator_weights;
  const Real *to_posterior, *posterior_bias, *to_factors;
  const Real *encoded_inputs, *measured_inputs, *noise;
  const bool *factors_kept, *generator_kept;  // null: no dropout
  const Real *controller_before, *generator_before, *factors_before;

  explicit ControlledCall(const ControlledSizes& sizes) : ControlledSizes(sizes) {}
  size_t row(int bin, Rows rows) const { return size_t(bin) * trials + rows.first; }

  // Factors that are fed back, with dropout, into rows of what the controller sees.
  void feed_back(const Real* from, int from_stride, bool by_trial, size_t at, Rows rows, int tiles_rows, Real* to,
                 int to_stride) const {
    for (int i = 0; i < tiles_rows; i++) {
      const int trial = rows.of(i);
      const bool* kept = moved(factors_kept, (at + trial) * factors);
      const Real* own = from + size_t(by_trial ? trial : i) * from_stride;
      for (int j = 0; j < factors; j += LANES) {
        const int left = factors - j;
        store_first(to + size_t(i) * to_stride + j, drop(load_first(own + j, left), moved(kept, j), left, scale), left);
      }
    }
  }
  // The generator's states with dropout.
  void drop_generator(const Real* from, int from_stride, bool by_trial, size_t at, Rows rows, int tiles_rows, Real* to,
                      int to_stride) const {
    for (int i = 0; i < tiles_rows; i++) {
      const int trial = rows.of(i);
      const bool* kept = moved(generator_kept, (at + trial) * generator);
      const Real* own = from + size_t(by_trial ? trial : i) * from_stride;
      for (int j = 0; j < generator; j += LANES) {
        const int left = generator - j;
        store(to + size_t(i) * to_stride + j, drop(load_first(own + j, left), moved(kept, j), left, scale));
      }
    }
  }
};

}  // namespace lfads
