// One bin of a gated recurrent unit for a block of trials, and its gradient.
//
//   z, r = sigmoid([x | 1 | h] W_zr),  n = tanh([x | 1 | r h] W_n),  h' = clip(z h + (1 - z) n)
//
// (Pandarinath et al. 2018, Online Methods eq. 1-4.) What is multiplied stands in one row of a buffer: what the unit
// sees x, 1 for the biases, and the state h.
#pragma once

#include "sums.h"

namespace lfads {

// Kernels and biases as they come: of gates with 2 * units columns, of candidates with units columns.
struct GRUWeights {
  const Real *input_gates, *input_candidate, *recurrent_gates, *recurrent_candidate, *bias_gates, *bias_candidate;
};
struct GRUGradients {
  Real *input_gates, *input_candidate, *recurrent_gates, *recurrent_candidate, *bias_gates, *bias_candidate;
};

struct Sizes {
  int seen, units;
  int beside() const { return seen + 1; }                       // where the state begins in a row
  int rows() const { return seen + 1 + units; }                 // of stacked weights
  int stride() const { return round_up(beside() + padded(units) + SUM_ROWS, LANES); }
};

struct Rows {  // of a block: the first of them, and how many count; those beyond repeat the last
  int first, count;
  int of(int i) const { return std::min(i, count - 1); }
};

// --- forward ------------------------------------------------------------------------------------------------------

struct ForwardWeights {
  Sizes sizes;
  Packed gates, candidate;
  ForwardWeights(Memory& memory, Sizes s, const GRUWeights& w) : sizes(s) {
    const int units = s.units, beside = s.beside();
    gates = room_for_gates(memory, s.rows(), units);
    pack_rows_of_gates(gates, 0, s.seen, units, Matrix{w.input_gates, 2 * units});
    pack_rows_of_gates(gates, s.seen, 1, units, Matrix{w.bias_gates, 2 * units});
    pack_rows_of_gates(gates, beside, units, units, Matrix{w.recurrent_gates, 2 * units});
    candidate = room_for(memory, s.rows(), units);
    pack_rows(candidate, 0, s.seen, units, Matrix{w.input_candidate, units});
    pack_rows(candidate, s.seen, 1, units, Matrix{w.bias_candidate, units});
    pack_rows(candidate, beside, units, units, Matrix{w.recurrent_candidate, units});
  }
};

struct ForwardBlock {
  int stride, wide;
  Real *row, *gated, *update;  // [x | 1 | h], r h, z
  ForwardBlock(Memory& memory, Sizes s) : stride(s.stride()), wide(padded(s.units)) {
    row = memory.take_zeros(size_t(BLOCK_ROWS) * stride);
    gated = memory.take_zeros(size_t(BLOCK_ROWS) * wide);
    update = memory.take_zeros(size_t(BLOCK_ROWS) * wide);
    for (int i = 0; i < BLOCK_ROWS; i++) row[size_t(i) * stride + s.seen] = 1;
  }
};

// Where a bin's results go, from the block's first row: gates as [z | r | n] of each trial, if they are kept.
struct ForwardOut {
  Real *states, *gates;
  const bool* valid;   // null: all count
  const Real* given;   // [z | r | n] to be added before the nonlinearity; null: nothing
};

ALWAYS_INLINE void forward_bin(const ForwardWeights& w, ForwardBlock& block, Rows rows, int tiles_rows,
                               ForwardOut out, Real limit) {
  const Sizes s = w.sizes;
  const int units = s.units, beside = s.beside(), stride = block.stride, wide = block.wide;
  const Left all[1] = {{block.row, stride, s.rows()}};
  product_of_gates(all, tiles_rows, w.gates, [&](int i, int unit, Vector z, Vector r) __attribute__((always_inline)) {
    const int left = units - unit;
    if (out.given) {
      const Real* given = out.given + size_t(rows.of(i)) * 3 * units + unit;
      z += load_first(given, left);
      r += load_first(given + units, left);
    }
    z = sigmoid(z);
    r = sigmoid(r);
    store(block.update + size_t(i) * wide + unit, z);
    store(block.gated + size_t(i) * wide + unit, r * load(block.row + size_t(i) * stride + beside + unit));
    if (out.gates && i < rows.count) {
      Real* to = out.gates + size_t(i) * 3 * units + unit;
      store_first(to, z, left);
      store_first(to + units, r, left);
    }
  });
  const Left parts[2] = {{block.row, stride, beside}, {block.gated, wide, units}};
  product(parts, tiles_rows, w.candidate, [&](int i, int unit, Vector n) __attribute__((always_inline)) {
    const int left = units - unit, trial = rows.of(i);
    if (out.given) n += load_first(out.given + (size_t(trial) * 3 + 2) * units + unit, left);
    n = tanh(n);
    Real* state = block.row + size_t(i) * stride + beside + unit;
    const Vector z = load(block.update + size_t(i) * wide + unit), before = load(state);
    Vector now = clip(z * before + (Real(1) - z) * n, limit);
    if (out.valid && !out.valid[trial]) now = before;
    store(state, now);
    if (i < rows.count) {
      store_first(out.states + size_t(i) * units + unit, now, left);
      if (out.gates) store_first(out.gates + (size_t(i) * 3 + 2) * units + unit, n, left);
    }
  });
}

// --- backward -----------------------------------------------------------------------------------------------------

// Transposed kernels: to the state from candidates, and from gates; to what was seen from update, reset, candidate.
struct BackwardWeights {
  Sizes sizes;
  Packed candidate, gates, seen;
  BackwardWeights(Memory& memory, Sizes s, const GRUWeights& w, bool seen_wanted) : sizes(s) {
    const int units = s.units;
    candidate = room_for(memory, units, units);
    pack_rows(candidate, 0, units, units, Matrix{w.recurrent_candidate, units, true});
    gates = room_for(memory, 2 * units, units);
    pack_rows(gates, 0, 2 * units, units, Matrix{w.recurrent_gates, 2 * units, true});
    if (!seen_wanted || !s.seen) return;
    seen = room_for(memory, 3 * units, s.seen);
    pack_rows(seen, 0, 2 * units, s.seen, Matrix{w.input_gates, 2 * units, true});
    pack_rows(seen, 2 * units, units, s.seen, Matrix{w.input_candidate, units, true});
  }
};

struct BackwardSums {
  Sums gates, seen, recurrent;  // candidates: of [x | 1], and of r h
  BackwardSums(Memory& memory, Sizes s)
      : gates(room_for_sums(memory, s.rows(), 2 * padded(s.units))),
        seen(room_for_sums(memory, s.beside(), s.units)),
        recurrent(room_for_sums(memory, s.units, s.units)) {}
  void copy_to(Sizes s, const GRUGradients& g) const {
    const int units = s.units, wide = padded(units), beside = s.beside();
    for (int part = 0; part < 2; part++) {
      const int from = part * wide, to = part * units;
      copy_sums(gates, 0, s.seen, from, units, g.input_gates + to, 2 * units);
      copy_sums(gates, s.seen, 1, from, units, g.bias_gates + to, 2 * units);
      copy_sums(gates, beside, units, from, units, g.recurrent_gates + to, 2 * units);
    }
    copy_sums(seen, 0, s.seen, 0, units, g.input_candidate, units);
    copy_sums(seen, s.seen, 1, 0, units, g.bias_candidate, units);
    copy_sums(recurrent, 0, units, 0, units, g.recurrent_candidate, units);
  }
};

// Rows of a few bins: [x | 1 | h], r h, and gradients before the nonlinearity [z | r | n]; and of one bin, gradients
// to the state and to what was seen.
struct BackwardBlock {
  int stride, wide, seen_wide, bins = 0;
  Real *rows, *gated, *given, *state, *seen;
  BackwardBlock(Memory& memory, Sizes s) : stride(s.stride()), wide(padded(s.units)), seen_wide(padded(s.seen)) {
    rows = memory.take_zeros(size_t(CHUNK_ROWS) * stride);
    gated = memory.take_zeros(size_t(CHUNK_ROWS) * wide + SUM_ROWS);
    given = memory.take_zeros(size_t(CHUNK_ROWS) * 3 * wide);
    state = memory.take_zeros(size_t(BLOCK_ROWS) * wide);
    seen = memory.take_zeros(size_t(BLOCK_ROWS) * seen_wide);
    for (int i = 0; i < CHUNK_ROWS; i++) rows[size_t(i) * stride + s.seen] = 1;
  }
  // A block of trials begins, at its last bin. Rows beyond its tiles add nothing, whatever the one before left there.
  void begin(int tiles_rows) {
    bins = 0;
    std::memset(state, 0, sizeof(Real) * BLOCK_ROWS * wide);
    if (tiles_rows < BLOCK_ROWS) std::memset(given, 0, sizeof(Real) * CHUNK_ROWS * 3 * wide);
  }
  Real* row_of(int i) { return rows + (size_t(bins) * BLOCK_ROWS + i) * stride; }
  void add_to(const BackwardSums& sums) {
    if (!bins) return;
    const int count = bins * BLOCK_ROWS;
    add_outer(sums.gates, rows, stride, given, 3 * wide, count);
    add_outer(sums.seen, rows, stride, given + 2 * wide, 3 * wide, count);
    add_outer(sums.recurrent, gated, wide, given + 2 * wide, 3 * wide, count);
    bins = 0;
  }
};

// Of a bin, from the block's first row. `added` is what the loss adds to the gradient of the state; null: nothing.
struct BackwardIn {
  const Real *gates, *now, *before, *added;
  const bool* valid;
};

// Before it, [x] stands in the bin's rows, and the gradient to the state after the bin in `block.state`; then the
// gradient to the state before stands there, and that to what was seen in `block.seen`.
ALWAYS_INLINE void backward_bin(const BackwardWeights& w, BackwardBlock& block, Rows rows, int tiles_rows,
                                BackwardIn in, Real limit) {
  const Sizes s = w.sizes;
  const int units = s.units, wide = block.wide, stride = block.stride;
  const size_t first = size_t(block.bins) * BLOCK_ROWS;
  Real* const given = block.given + first * 3 * wide;
  Real* const gated = block.gated + first * wide;
  Real* const row = block.rows + first * stride + s.beside();
  const int given_stride = 3 * wide;
  for (int i = 0; i < tiles_rows; i++) {
    const int trial = rows.of(i);
    const bool counts = i < rows.count && (!in.valid || in.valid[trial]);
    const Real* kept = in.gates + size_t(trial) * 3 * units;
    const size_t at = size_t(trial) * units;
    for (int unit = 0; unit < units; unit += LANES) {
      const int left = units - unit;
      Real* state = block.state + size_t(i) * wide + unit;
      Vector whole = load(state);
      if (in.added) whole += load_first(in.added + at + unit, left);
      const Vector now = load_first(in.now + at + unit, left), before = load_first(in.before + at + unit, left);
      const Vector size = now < Real(0) ? -now : now;
      const Vector d = size < limit ? whole : Vector{};
      const Vector z = load_first(kept + unit, left), n = load_first(kept + 2 * units + unit, left);
      Vector d_z = d * (before - n) * z * (Real(1) - z), d_n = d * (Real(1) - z) * (Real(1) - n * n);
      if (!counts) d_z = d_n = Vector{};
      store(given + size_t(i) * given_stride + unit, d_z);
      store(given + size_t(i) * given_stride + 2 * wide + unit, d_n);
      store(state, counts ? d * z : whole);
      store(row + size_t(i) * stride + unit, before);
    }
  }
  const Left of_candidate[1] = {{given + 2 * wide, given_stride, units}};
  product(of_candidate, tiles_rows, w.candidate, [&](int i, int unit, Vector d) __attribute__((always_inline)) {
    const int left = units - unit, trial = rows.of(i);
    const bool counts = i < rows.count && (!in.valid || in.valid[trial]);
    const Vector r = load_first(in.gates + (size_t(trial) * 3 + 1) * units + unit, left);
    const Vector before = load(row + size_t(i) * stride + unit);
    store(gated + size_t(i) * wide + unit, r * before);
    Vector d_r = d * before * r * (Real(1) - r), more = d * r;
    if (!counts) d_r = more = Vector{};
    store(given + size_t(i) * given_stride + wide + unit, d_r);
    Real* state = block.state + size_t(i) * wide + unit;
    store(state, load(state) + more);
  });
  const Left of_gates[2] = {{given, given_stride, units}, {given + wide, given_stride, units}};
  product(of_gates, tiles_rows, w.gates, [&](int i, int unit, Vector d) __attribute__((always_inline)) {
    Real* state = block.state + size_t(i) * wide + unit;
    store(state, load(state) + d);
  });
  if (w.seen.vectors) {
    const Left of_all[3] = {{given, given_stride, units},
                            {given + wide, given_stride, units},
                            {given + 2 * wide, given_stride, units}};
    product(of_all, tiles_rows, w.seen, [&](int i, int column, Vector d) __attribute__((always_inline)) {
      store(block.seen + size_t(i) * block.seen_wide + column, d);
    });
  }
  block.bins++;
}

}  // namespace lfads
