// Trials in blocks: their rows are independent, so that a block walks all bins while the weights stay in the cache.
#pragma once

#include "cell.h"

namespace lfads {

// `walk(rows, whole tiles of them)` for each block of trials.
template <class Walk>
inline void for_each_block(int trials, Walk walk) {
  for (int first = 0; first < trials; first += BLOCK_ROWS) {
    const Rows rows{first, std::min(BLOCK_ROWS, trials - first)};
    walk(rows, round_up(rows.count, TILE_ROWS));
  }
}

// Rows of a bin into a buffer; rows that fill up tiles repeat the last.
inline void copy_rows(const Real* from, int columns, Rows rows, int tiles_rows, Real* to, int to_stride) {
  for (int i = 0; i < tiles_rows; i++)
    std::copy_n(from + size_t(rows.of(i)) * columns, columns, to + size_t(i) * to_stride);
}
inline void copy_out(const Real* from, int from_stride, int columns, Rows rows, Real* to) {
  for (int i = 0; i < rows.count; i++) std::copy_n(from + size_t(i) * from_stride, columns, to + size_t(i) * columns);
}

// What the next bin reads is on its way while this one is computed.
ALWAYS_INLINE void fetch(const Real* from, size_t count) {
  if (!from) return;
  for (size_t i = 0; i < count; i += 64 / sizeof(Real)) __builtin_prefetch(from + i, 0, 2);
}

ALWAYS_INLINE const bool* moved(const bool* p, size_t by) { return p ? p + by : nullptr; }
ALWAYS_INLINE const Real* moved(const Real* p, size_t by) { return p ? p + by : nullptr; }
ALWAYS_INLINE Real* moved(Real* p, size_t by) { return p ? p + by : nullptr; }

}  // namespace lfads
