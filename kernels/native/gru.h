// A gated recurrent unit through time: both encoders, and a generator without a controller.
#pragma once

#include "blocks.h"

namespace lfads {

struct GRUCall {
  int bins, trials;
  Sizes sizes;
  bool reverse;
  Real limit;
  GRUWeights weights;
  const Real *inputs, *initial;
  const bool* valid;  // null: all bins count

  size_t row(int bin, Rows rows) const { return size_t(bin) * trials + rows.first; }
  int bin(int number) const { return reverse ? bins - 1 - number : number; }  // in the direction of the run
};

struct GRUForward : GRUCall {
  Real *states, *gates;  // gates null: not kept

  void run() const {
    Memory memory;
    const ForwardWeights packed(memory, sizes, weights);
    ForwardBlock block(memory, sizes);
    for_each_block(trials, [&](Rows rows, int tiles_rows) { walk(packed, block, rows, tiles_rows); });
  }

 private:
  void walk(const ForwardWeights& packed, ForwardBlock& block, Rows rows, int tiles_rows) const {
    const int seen = sizes.seen, units = sizes.units;
    copy_rows(initial + size_t(rows.first) * units, units, rows, tiles_rows, block.row + sizes.beside(), block.stride);
    for (int number = 0; number < bins; number++) {
      const size_t at = row(bin(number), rows);
      if (number + 1 < bins) fetch(inputs + row(bin(number + 1), rows) * seen, size_t(rows.count) * seen);
      copy_rows(inputs + at * seen, seen, rows, tiles_rows, block.row, block.stride);
      const ForwardOut out{states + at * units, moved(gates, at * 3 * units), moved(valid, at), nullptr};
      forward_bin(packed, block, rows, tiles_rows, out, limit);
    }
  }
};

struct GRUBackward : GRUCall {
  const Real *states, *gates, *d_states;
  GRUGradients d_weights;
  Real *d_inputs, *d_initial;  // d_inputs null: not wanted

  void run() const {
    Memory memory;
    const BackwardWeights packed(memory, sizes, weights, d_inputs != nullptr);
    const BackwardSums sums(memory, sizes);
    BackwardBlock block(memory, sizes);
    for_each_block(trials, [&](Rows rows, int tiles_rows) { walk(packed, sums, block, rows, tiles_rows); });
    sums.copy_to(sizes, d_weights);
  }

 private:
  // States before a bin, those of the bin before it or the initial ones.
  const Real* before(int number, Rows rows) const {
    const int units = sizes.units;
    return number ? states + row(bin(number - 1), rows) * units : initial + size_t(rows.first) * units;
  }
  void walk(const BackwardWeights& packed, const BackwardSums& sums, BackwardBlock& block, Rows rows,
            int tiles_rows) const {
    const int seen = sizes.seen, units = sizes.units;
    const size_t count = rows.count;
    block.begin(tiles_rows);
    for (int number = bins - 1; number >= 0; number--) {
      const size_t at = row(bin(number), rows);
      if (number) {
        const size_t next = row(bin(number - 1), rows);
        fetch(gates + next * 3 * units, count * 3 * units);
        fetch(d_states + next * units, count * units);
        fetch(inputs + next * seen, count * seen);
        fetch(before(number - 1, rows), count * units);
      }
      copy_rows(inputs + at * seen, seen, rows, tiles_rows, block.row_of(0), block.stride);
      const BackwardIn in{gates + at * 3 * units, states + at * units, before(number, rows), d_states + at * units,
                          moved(valid, at)};
      backward_bin(packed, block, rows, tiles_rows, in, limit);
      if (d_inputs) copy_out(block.seen, block.seen_wide, seen, rows, d_inputs + at * seen);
      if (block.bins == CHUNK_BINS) block.add_to(sums);
    }
    block.add_to(sums);
    copy_out(block.state, block.wide, units, rows, d_initial + size_t(rows.first) * units);
  }
};

}  // namespace lfads
