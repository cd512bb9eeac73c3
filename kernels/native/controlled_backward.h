// Controller and generator, backward: from the last bin to the first.
#pragma once

#include "controlled.h"

namespace lfads {

// What the forward run gave, and what the loss says of it; null: nothing.
struct ControlledResults {
  const Real *controller, *generator, *factors, *log_variance, *inferred, *controller_gates, *generator_gates;
};
struct ControlledLoss {
  const Real *controller, *generator, *factors, *mean, *log_variance, *inferred;
};
struct ControlledGradients {
  GRUGradients controller, generator;
  Real *to_posterior, *posterior_bias, *to_factors;
  Real *encoded, *measured, *controller_before, *generator_before, *factors_before;
};

struct ControlledBackward : ControlledCall {
  ControlledResults made;
  ControlledLoss loss;
  ControlledGradients out;

  explicit ControlledBackward(const ControlledSizes& sizes) : ControlledCall(sizes) {}

  void run() const {
    Memory memory;
    Weights weights(memory, *this);
    Totals totals(memory, *this);
    Blocks blocks(memory, *this);
    for_each_block(trials, [&](Rows rows, int tiles_rows) { walk(weights, totals, blocks, rows, tiles_rows); });
    totals.controller.copy_to(of_controller(), out.controller);
    totals.generator.copy_to(of_generator(), out.generator);
    copy_sums(totals.factors, 0, generator, 0, factors, out.to_factors, factors);
    copy_sums(totals.posterior, 0, 1, 0, 2 * inferred, out.posterior_bias, 2 * inferred);
    copy_sums(totals.posterior, 1, controller, 0, 2 * inferred, out.to_posterior, 2 * inferred);
  }

 private:
  struct Weights {
    BackwardWeights controller, generator;
    Packed from_factors, from_posterior;
    Weights(Memory& memory, const ControlledBackward& c)
        : controller(memory, c.of_controller(), c.controller_weights, true),
          generator(memory, c.of_generator(), c.generator_weights, true),
          from_factors(room_for(memory, c.ControlledSizes::factors, c.ControlledSizes::generator)),
          from_posterior(room_for(memory, 2 * c.inferred, c.ControlledSizes::controller)) {
      const int factors = c.ControlledSizes::factors, units = c.ControlledSizes::generator;
      pack_rows(from_factors, 0, factors, units, Matrix{c.to_factors, factors, true});
      const int both = 2 * c.inferred;
      pack_rows(from_posterior, 0, both, c.ControlledSizes::controller, Matrix{c.to_posterior, both, true});
    }
  };
  struct Totals {
    BackwardSums controller, generator;
    Sums factors, posterior;  // posterior: of [1 | c]
    Totals(Memory& memory, const ControlledSizes& s)
        : controller(memory, s.of_controller()),
          generator(memory, s.of_generator()),
          factors(room_for_sums(memory, s.generator, s.factors)),
          posterior(room_for_sums(memory, 1 + s.controller, 2 * s.inferred)) {}
  };
  // Of a few bins: gradients to factors and posterior, and what they are multiplied with; of one, the rest.
  struct Blocks {
    BackwardBlock controller, generator;
    int factors_wide, posterior_wide, dropped_wide, one_wide, deviation_wide;
    Real *d_factors, *d_posterior, *dropped, *one_and_controller, *fed_back, *deviation;
    Blocks(Memory& memory, const ControlledSizes& s)
        : controller(memory, s.of_controller()),
          generator(memory, s.of_generator()),
          factors_wide(padded(s.factors)),
          posterior_wide(padded(2 * s.inferred)),
          dropped_wide(padded(s.generator)),
          one_wide(1 + s.controller),
          deviation_wide(padded(BLOCK_ROWS * s.inferred)) {
      d_factors = memory.take_zeros(size_t(CHUNK_ROWS) * factors_wide);
      d_posterior = memory.take_zeros(size_t(CHUNK_ROWS) * posterior_wide);
      dropped = memory.take_zeros(size_t(CHUNK_ROWS) * dropped_wide + SUM_ROWS);
      one_and_controller = memory.take_zeros(size_t(CHUNK_ROWS) * one_wide + SUM_ROWS);
      fed_back = memory.take_zeros(size_t(BLOCK_ROWS) * factors_wide);
      deviation = memory.take_zeros(deviation_wide);
    }
    void begin(int tiles_rows) {
      controller.begin(tiles_rows);
      generator.begin(tiles_rows);
      std::memset(fed_back, 0, sizeof(Real) * BLOCK_ROWS * factors_wide);
      if (tiles_rows == BLOCK_ROWS) return;
      std::memset(d_factors, 0, sizeof(Real) * CHUNK_ROWS * factors_wide);
      std::memset(d_posterior, 0, sizeof(Real) * CHUNK_ROWS * posterior_wide);
    }
    void add_to(const Totals& totals) {
      const int count = generator.bins * BLOCK_ROWS;
      if (!count) return;
      add_outer(totals.factors, dropped, dropped_wide, d_factors, factors_wide, count);
      add_outer(totals.posterior, one_and_controller, one_wide, d_posterior, posterior_wide, count);
      controller.add_to(totals.controller);
      generator.add_to(totals.generator);
    }
  };

  void walk(const Weights& weights, const Totals& totals, Blocks& blocks, Rows rows, int tiles_rows) const {
    blocks.begin(tiles_rows);
    for (int bin = bins - 1; bin >= 0; bin--) {
      if (bin) fetch_bin(row(bin - 1, rows), rows.count);
      through_factors(weights, blocks, bin, rows, tiles_rows);
      through_generator(weights, blocks, bin, rows, tiles_rows);
      through_posterior(weights, blocks, bin, rows, tiles_rows);
      through_controller(weights, blocks, bin, rows, tiles_rows);
      if (blocks.generator.bins == CHUNK_BINS) blocks.add_to(totals);
    }
    blocks.add_to(totals);
    const size_t first = rows.first;
    copy_out(blocks.controller.state, blocks.controller.wide, controller, rows,
             out.controller_before + first * controller);
    copy_out(blocks.generator.state, blocks.generator.wide, generator, rows, out.generator_before + first * generator);
    copy_out(blocks.fed_back, blocks.factors_wide, factors, rows, out.factors_before + first * factors);
  }

  void fetch_bin(size_t next, size_t count) const {
    fetch(made.generator_gates + next * 3 * generator, count * 3 * generator);
    fetch(made.controller_gates + next * 3 * controller, count * 3 * controller);
    fetch(encoded_inputs + next * encoded, count * encoded);
    fetch(moved(loss.factors, next * factors), count * factors);
  }
  // Of a bin before: its results, or the initial state.
  const Real* before(const Real* results, const Real* initial, int size, int bin, Rows rows) const {
    return bin ? results + row(bin - 1, rows) * size : initial + size_t(rows.first) * size;
  }

  // The gradient to factors is that of the loss and what was fed back; on to the generator through dropout.
  void through_factors(const Weights& weights, Blocks& blocks, int bin, Rows rows, int tiles_rows) const {
    const size_t at = row(bin, rows), slot = size_t(blocks.generator.bins) * BLOCK_ROWS;
    Real* d = blocks.d_factors + slot * blocks.factors_wide;
    for (int i = 0; i < tiles_rows; i++)
      for (int j = 0; j < factors; j += LANES) {
        const size_t place = size_t(i) * blocks.factors_wide + j;
        Vector x = load(blocks.fed_back + place);
        if (loss.factors) x += load_first(loss.factors + (at + rows.of(i)) * factors + j, factors - j);
        store(d + place, i < rows.count ? x : Vector{});
      }
    drop_generator(made.generator + at * generator, generator, true, at, rows, tiles_rows,
                   blocks.dropped + slot * blocks.dropped_wide, blocks.dropped_wide);
    const Left of_factors[1] = {{d, blocks.factors_wide, factors}};
    product(of_factors, tiles_rows, weights.from_factors, [&](int i, int unit, Vector x) __attribute__((always_inline)) {
      const bool* kept = moved(generator_kept, (at + rows.of(i)) * generator + unit);
      Real* state = blocks.generator.state + size_t(i) * blocks.generator.wide + unit;
      store(state, load(state) + drop(x, kept, generator - unit, scale));
    });
  }

  void through_generator(const Weights& weights, Blocks& blocks, int bin, Rows rows, int tiles_rows) const {
    const size_t at = row(bin, rows);
    BackwardBlock& block = blocks.generator;
    copy_rows(made.inferred + at * inferred, inferred, rows, tiles_rows, block.row_of(0), block.stride);
    copy_rows(measured_inputs + at * measured, measured, rows, tiles_rows, block.row_of(0) + inferred, block.stride);
    const BackwardIn in{made.generator_gates + at * 3 * generator, made.generator + at * generator,
                        before(made.generator, generator_before, generator, bin, rows),
                        moved(loss.generator, at * generator), nullptr};
    backward_bin(weights.generator, block, rows, tiles_rows, in, limit);
    for (int i = 0; i < rows.count; i++)
      std::copy_n(block.seen + size_t(i) * block.seen_wide + inferred, measured, out.measured + (at + i) * measured);
  }

  // From the sample u = mean + exp(log-variance / 2) noise to the controller's state.
  void through_posterior(const Weights& weights, Blocks& blocks, int bin, Rows rows, int tiles_rows) const {
    const size_t at = row(bin, rows), slot = size_t(blocks.generator.bins - 1) * BLOCK_ROWS;
    const BackwardBlock& driven = blocks.generator;
    Real* d = blocks.d_posterior + slot * blocks.posterior_wide;
    Real* beside = blocks.one_and_controller + slot * blocks.one_wide;
    for (int i = 0; i < tiles_rows; i++)
      for (int j = 0; j < inferred; j++)
        blocks.deviation[i * inferred + j] = Real(0.5) * made.log_variance[(at + rows.of(i)) * inferred + j];
    for (int j = 0; j < blocks.deviation_wide; j += LANES)
      store(blocks.deviation + j, exponential(load(blocks.deviation + j)));
    for (int i = 0; i < tiles_rows; i++) {
      const size_t trial = at + rows.of(i);
      for (int j = 0; j < inferred; j++) {
        const size_t place = trial * inferred + j;
        Real d_sample = driven.seen[size_t(i) * driven.seen_wide + j];
        if (loss.inferred) d_sample += loss.inferred[place];
        Real d_mean = d_sample;
        Real d_log_variance = d_sample * (Real(0.5) * blocks.deviation[i * inferred + j] * noise[place]);
        if (loss.mean) d_mean += loss.mean[place];
        if (loss.log_variance) d_log_variance += loss.log_variance[place];
        const bool counts = i < rows.count;
        d[size_t(i) * blocks.posterior_wide + j] = counts ? d_mean : Real(0);
        d[size_t(i) * blocks.posterior_wide + inferred + j] = counts ? d_log_variance : Real(0);
      }
      beside[size_t(i) * blocks.one_wide] = 1;
      std::copy_n(made.controller + trial * controller, controller, beside + size_t(i) * blocks.one_wide + 1);
    }
    const Left of_posterior[1] = {{d, blocks.posterior_wide, 2 * inferred}};
    product(of_posterior, tiles_rows, weights.from_posterior, [&](int i, int unit, Vector x) __attribute__((always_inline)) {
      Real* state = blocks.controller.state + size_t(i) * blocks.controller.wide + unit;
      store(state, load(state) + x);
    });
  }

  // On to what was encoded, and to the factors of the bin before.
  void through_controller(const Weights& weights, Blocks& blocks, int bin, Rows rows, int tiles_rows) const {
    const size_t at = row(bin, rows);
    BackwardBlock& block = blocks.controller;
    copy_rows(encoded_inputs + at * encoded, encoded, rows, tiles_rows, block.row_of(0), block.stride);
    feed_back(before(made.factors, factors_before, factors, bin, rows), factors, true, at, rows, tiles_rows,
              block.row_of(0) + encoded, block.stride);
    const BackwardIn in{made.controller_gates + at * 3 * controller, made.controller + at * controller,
                        before(made.controller, controller_before, controller, bin, rows),
                        moved(loss.controller, at * controller), nullptr};
    backward_bin(weights.controller, block, rows, tiles_rows, in, limit);
    for (int i = 0; i < rows.count; i++)
      std::copy_n(block.seen + size_t(i) * block.seen_wide, encoded, out.encoded + (at + i) * encoded);
    feed_back(block.seen + encoded, block.seen_wide, false, at, rows, tiles_rows, blocks.fed_back, blocks.factors_wide);
  }
};

}  // namespace lfads
