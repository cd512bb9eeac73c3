// Controller and generator, forward.
#pragma once

#include "controlled.h"

namespace lfads {

struct ControlledOutputs {
  Real *controller, *generator, *factors, *mean, *log_variance, *inferred;
  Real *controller_gates, *generator_gates;  // null: not kept
};

struct ControlledForward : ControlledCall {
  const Real* given;  // products of what was encoded, [z | r | n] of the controller; null: made here
  ControlledOutputs out;

  explicit ControlledForward(const ControlledSizes& sizes) : ControlledCall(sizes) {}

  void run() const {
    Memory memory;
    const ForwardWeights controller_packed(memory, of_controller(), controller_weights);
    const ForwardWeights generator_packed(memory, of_generator(), generator_weights);
    const Packed posterior = room_for(memory, 1 + controller, 2 * inferred);
    pack_rows(posterior, 0, 1, 2 * inferred, Matrix{posterior_bias, 2 * inferred});
    pack_rows(posterior, 1, controller, 2 * inferred, Matrix{to_posterior, 2 * inferred});
    const Packed read_out = room_for(memory, generator, factors);
    pack_rows(read_out, 0, generator, factors, Matrix{to_factors, factors});
    Blocks blocks(memory, *this);
    for_each_block(trials, [&](Rows rows, int tiles_rows) {
      walk(controller_packed, generator_packed, posterior, read_out, blocks, rows, tiles_rows);
    });
  }

 private:
  struct Blocks {
    ForwardBlock controller, generator;
    int posterior_wide, generator_wide, factors_wide, deviation_wide;
    Real *posterior, *deviation, *dropped, *factors;
    Blocks(Memory& memory, const ControlledSizes& s)
        : controller(memory, s.of_controller()),
          generator(memory, s.of_generator()),
          posterior_wide(padded(2 * s.inferred)),
          generator_wide(padded(s.generator)),
          factors_wide(padded(s.factors)),
          deviation_wide(padded(BLOCK_ROWS * s.inferred)) {
      posterior = memory.take_zeros(size_t(BLOCK_ROWS) * posterior_wide);
      deviation = memory.take_zeros(deviation_wide);
      dropped = memory.take_zeros(size_t(BLOCK_ROWS) * generator_wide);
      factors = memory.take_zeros(size_t(BLOCK_ROWS) * factors_wide);
    }
  };

  void walk(const ForwardWeights& controller_packed, const ForwardWeights& generator_packed, const Packed& posterior,
            const Packed& read_out, Blocks& blocks, Rows rows, int tiles_rows) const {
    const Sizes c = of_controller(), g = of_generator();
    ForwardBlock &drives = blocks.controller, &driven = blocks.generator;
    const size_t first = rows.first;
    copy_rows(controller_before + first * controller, controller, rows, tiles_rows, drives.row + c.beside(),
              drives.stride);
    copy_rows(generator_before + first * generator, generator, rows, tiles_rows, driven.row + g.beside(),
              driven.stride);
    copy_rows(factors_before + first * factors, factors, rows, tiles_rows, blocks.factors, blocks.factors_wide);
    for (int bin = 0; bin < bins; bin++) {
      const size_t at = row(bin, rows);
      if (bin + 1 < bins) {
        const size_t next = row(bin + 1, rows), count = rows.count;
        fetch(moved(encoded_inputs, next * encoded), count * encoded);
        fetch(moved(given, next * 3 * controller), count * 3 * controller);
      }
      copy_rows(encoded_inputs + at * encoded, encoded, rows, tiles_rows, drives.row, drives.stride);
      feed_back(blocks.factors, blocks.factors_wide, false, at, rows, tiles_rows, drives.row + encoded, drives.stride);
      forward_bin(controller_packed, drives, rows, tiles_rows,
                  ForwardOut{out.controller + at * controller, moved(out.controller_gates, at * 3 * controller), nullptr,
                             moved(given, at * 3 * controller)},
                  limit);
      infer_inputs(posterior, blocks, at, rows, tiles_rows);
      forward_bin(generator_packed, driven, rows, tiles_rows,
                  ForwardOut{out.generator + at * generator, moved(out.generator_gates, at * 3 * generator), nullptr,
                             nullptr},
                  limit);
      drop_generator(driven.row + g.beside(), driven.stride, false, at, rows, tiles_rows, blocks.dropped,
                     blocks.generator_wide);
      const Left dropped[1] = {{blocks.dropped, blocks.generator_wide, generator}};
      product(dropped, tiles_rows, read_out, [&](int i, int factor, Vector x) __attribute__((always_inline)) {
        store(blocks.factors + size_t(i) * blocks.factors_wide + factor, x);
        if (i < rows.count) store_first(out.factors + (at + i) * factors + factor, x, factors - factor);
      });
    }
  }

  // The posterior of the bin's inputs, and its sample into what the generator sees.
  void infer_inputs(const Packed& packed, Blocks& blocks, size_t at, Rows rows, int tiles_rows) const {
    const ForwardBlock& drives = blocks.controller;
    const Left one_and_state[1] = {{drives.row + of_controller().seen, drives.stride, 1 + controller}};
    product(one_and_state, tiles_rows, packed, [&](int i, int column, Vector x) __attribute__((always_inline)) {
      store(blocks.posterior + size_t(i) * blocks.posterior_wide + column, x);
    });
    for (int i = 0; i < tiles_rows; i++)
      for (int j = 0; j < inferred; j++)
        blocks.deviation[i * inferred + j] = blocks.posterior[i * blocks.posterior_wide + inferred + j] * Real(0.5);
    for (int j = 0; j < blocks.deviation_wide; j += LANES)
      store(blocks.deviation + j, exponential(load(blocks.deviation + j)));
    for (int i = 0; i < tiles_rows; i++) {
      const size_t trial = at + rows.of(i);
      Real* to = blocks.generator.row + size_t(i) * blocks.generator.stride;
      for (int j = 0; j < inferred; j++) {
        const Real mean = blocks.posterior[i * blocks.posterior_wide + j];
        to[j] = mean + blocks.deviation[i * inferred + j] * noise[trial * inferred + j];
        if (i >= rows.count) continue;
        out.mean[trial * inferred + j] = mean;
        out.log_variance[trial * inferred + j] = blocks.posterior[i * blocks.posterior_wide + inferred + j];
        out.inferred[trial * inferred + j] = to[j];
      }
      std::copy_n(measured_inputs + trial * measured, measured, to + inferred);
    }
  }
};

}  // namespace lfads
