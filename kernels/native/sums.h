// Gradients to weights: outer products of the rows of a few bins, added up.
#pragma once

#include <algorithm>

#include "product.h"

namespace lfads {

constexpr int SUM_ROWS = TILE_ROWS;
// Bins between two additions: about 128 rows, so that sums are read and written seldom, and rows stay in the cache.
constexpr int CHUNK_BINS = 128 / BLOCK_ROWS;
constexpr int CHUNK_ROWS = CHUNK_BINS * BLOCK_ROWS;

// rows x columns, both padded to tiles: what stands in the padding means nothing.
struct Sums {
  Real* values = nullptr;
  int rows = 0, stride = 0;
};
inline Sums room_for_sums(Memory& memory, int rows, int columns) {
  const int stride = padded(columns);
  return Sums{memory.take_zeros(size_t(round_up(rows, SUM_ROWS)) * stride), rows, stride};
}

template <int WIDTH>
ALWAYS_INLINE void add_outer_tile(Real* __restrict sums, int stride, const Real* __restrict left, int left_stride,
                                  const Real* __restrict right, int right_stride, int count) {
  Vector total[SUM_ROWS][WIDTH];
  for (int i = 0; i < SUM_ROWS; i++)
    for (int q = 0; q < WIDTH; q++) total[i][q] = load(sums + size_t(i) * stride + q * LANES);
  for (int m = 0; m < count; m++) {
    Vector columns[WIDTH];
    for (int q = 0; q < WIDTH; q++) columns[q] = load(right + q * LANES);
    for (int i = 0; i < SUM_ROWS; i++) {
      const Vector one = all_of(left[i]);
      for (int q = 0; q < WIDTH; q++) total[i][q] += one * columns[q];
    }
    left += left_stride;
    right += right_stride;
  }
  for (int i = 0; i < SUM_ROWS; i++)
    for (int q = 0; q < WIDTH; q++) store(sums + size_t(i) * stride + q * LANES, total[i][q]);
}

// sums += leftᵀ right over `count` rows. Of the left, columns are read up to whole tiles.
inline void add_outer(const Sums& sums, const Real* left, int left_stride, const Real* right, int right_stride,
                      int count) {
  for (int column = 0; column < sums.stride; column += 2 * LANES)
    for (int row = 0; row < sums.rows; row += SUM_ROWS) {
      Real* to = sums.values + size_t(row) * sums.stride + column;
      if (column + 2 * LANES <= sums.stride) {
        add_outer_tile<2>(to, sums.stride, left + row, left_stride, right + column, right_stride, count);
      } else {
        add_outer_tile<1>(to, sums.stride, left + row, left_stride, right + column, right_stride, count);
      }
    }
}

// Rows of the sums into a row-major array of so many columns.
inline void copy_sums(const Sums& sums, int first_row, int count, int first_column, int columns, Real* to,
                      int to_stride) {
  for (int row = 0; row < count; row++)
    std::copy_n(sums.values + size_t(first_row + row) * sums.stride + first_column, columns,
                to + size_t(row) * to_stride);
}

}  // namespace lfads
