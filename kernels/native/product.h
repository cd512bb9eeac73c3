// Products of a block of rows with packed weights.
//
// Weights lie in panels of two vectors of columns, row after row, so that a tile of the product reads them in order.
// All tiles of a block use a panel before the next one: it is read once from the cache of the second level.
#pragma once

#include "memory.h"
#include "vectors.h"

namespace lfads {

// A matrix, or a transposed one: element (row, column).
struct Matrix {
  const Real* values;
  int stride;
  bool transposed = false;
  Real at(int row, int column) const {
    const size_t place = transposed ? size_t(column) * stride + row : size_t(row) * stride + column;
    return values[place];
  }
};

// Weights with `rows` rows; columns of zeros follow, up to whole vectors.
struct Packed {
  Real* values = nullptr;
  int rows = 0, vectors = 0;
  Real* panel(int first) const { return values + size_t(first) * LANES * rows; }
};

inline size_t packed_size(int rows, int columns) { return size_t(rows) * padded(columns); }

ALWAYS_INLINE int panel_width(const Packed& w, int first) { return first + 2 <= w.vectors ? 2 : 1; }

// Room for weights whose rows are then brought by `pack_rows`.
inline Packed room_for(Memory& memory, int rows, int columns) {
  return Packed{memory.take(packed_size(rows, columns)), rows, padded(columns) / LANES};
}
inline void pack_rows(const Packed& w, int first_row, int count, int columns, Matrix from) {
  for (int first = 0; first < w.vectors; first += 2) {
    const int width = panel_width(w, first) * LANES;
    for (int row = 0; row < count; row++) {
      Real* to = w.panel(first) + size_t(first_row + row) * width;
      for (int lane = 0; lane < width; lane++) {
        const int column = first * LANES + lane;
        to[lane] = column < columns ? from.at(row, column) : Real(0);
      }
    }
  }
}
// Of `2 * units` columns, update and reset: a panel has a vector of each, of the same units.
inline Packed room_for_gates(Memory& memory, int rows, int units) {
  return Packed{memory.take(2 * packed_size(rows, units)), rows, 2 * padded(units) / LANES};
}
inline void pack_rows_of_gates(const Packed& w, int first_row, int count, int units, Matrix from) {
  for (int first = 0; first < w.vectors; first += 2) {
    for (int row = 0; row < count; row++) {
      Real* to = w.panel(first) + size_t(first_row + row) * 2 * LANES;
      for (int lane = 0; lane < LANES; lane++) {
        const int unit = first / 2 * LANES + lane;
        to[lane] = unit < units ? from.at(row, unit) : Real(0);
        to[LANES + lane] = unit < units ? from.at(row, units + unit) : Real(0);
      }
    }
  }
}

// Columns of a row-major array that stand on the left of a product.
struct Left {
  const Real* values;
  int stride, columns;
};

template <int WIDTH>
ALWAYS_INLINE void add_tile(const Left& left, int row, const Real* __restrict weights,
                            Vector (&sums)[TILE_ROWS][WIDTH]) {
  const Real* __restrict values = left.values + size_t(row) * left.stride;
  for (int k = 0; k < left.columns; k++) {
    Vector right[WIDTH];
    for (int q = 0; q < WIDTH; q++) right[q] = load(weights + q * LANES);
    weights += WIDTH * LANES;
    for (int i = 0; i < TILE_ROWS; i++) {
      const Vector one = all_of(values[size_t(i) * left.stride + k]);
      for (int q = 0; q < WIDTH; q++) sums[i][q] += one * right[q];
    }
  }
}

template <int WIDTH, int PARTS, class Then>
ALWAYS_INLINE void panel_product(const Left (&parts)[PARTS], int rows, const Real* weights, int column, Then& then) {
  for (int row = 0; row < rows; row += TILE_ROWS) {
    Vector sums[TILE_ROWS][WIDTH];
    for (int i = 0; i < TILE_ROWS; i++)
      for (int q = 0; q < WIDTH; q++) sums[i][q] = Vector{};
    const Real* below = weights;
    for (int part = 0; part < PARTS; part++) {
      add_tile<WIDTH>(parts[part], row, below, sums);
      below += size_t(parts[part].columns) * WIDTH * LANES;
    }
    for (int i = 0; i < TILE_ROWS; i++) then(row + i, column, sums[i]);
  }
}

// Rows [part | part | …] times weights: `then(row, first column, sums)` for each vector of the product.
// `rows` are whole tiles.
template <int PARTS, class Then>
ALWAYS_INLINE void product(const Left (&parts)[PARTS], int rows, const Packed& w, Then then) {
  auto of_two = [&](int row, int column, const Vector (&sums)[2]) __attribute__((always_inline)) {
    then(row, column, sums[0]);
    then(row, column + LANES, sums[1]);
  };
  auto of_one = [&](int row, int column, const Vector (&sums)[1]) __attribute__((always_inline)) {
    then(row, column, sums[0]);
  };
  int first = 0;
  for (; first + 2 <= w.vectors; first += 2)
    panel_product<2>(parts, rows, w.panel(first), first * LANES, of_two);
  if (first < w.vectors) panel_product<1>(parts, rows, w.panel(first), first * LANES, of_one);
}

// The same with weights of gates: `then(row, first unit, update, reset)`.
template <int PARTS, class Then>
ALWAYS_INLINE void product_of_gates(const Left (&parts)[PARTS], int rows, const Packed& w, Then then) {
  auto of_both = [&](int row, int column, const Vector (&sums)[2]) __attribute__((always_inline)) {
    then(row, column / 2, sums[0], sums[1]);
  };
  for (int first = 0; first < w.vectors; first += 2)
    panel_product<2>(parts, rows, w.panel(first), first * LANES, of_both);
}

}  // namespace lfads
