// Vectors of one processor: what they hold, and functions of them that keep NaN.
//
// Everything is written with the vector extensions of GCC and Clang. A library is compiled once for each kind of
// processor, and once more with double for finite differences (LFADS_DOUBLE).
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

namespace lfads {

#if defined(LFADS_DOUBLE)
using Real = double;
using Bits = uint64_t;
#else
using Real = float;
using Bits = uint32_t;
#endif

// A tile is what the registers hold of a product: TILE_ROWS rows of two vectors.
#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64, TILE_ROWS = 8, BLOCK_TILES = 8;
#elif defined(__AVX2__)
constexpr int VECTOR_BYTES = 32, TILE_ROWS = 6, BLOCK_TILES = 6;
#else
constexpr int VECTOR_BYTES = 16, TILE_ROWS = 8, BLOCK_TILES = 8;
#endif
constexpr int LANES = VECTOR_BYTES / sizeof(Real);
constexpr int BLOCK_ROWS = TILE_ROWS * BLOCK_TILES;  // trials that walk all bins together

typedef Real Vector __attribute__((vector_size(VECTOR_BYTES)));
typedef Real Unaligned __attribute__((vector_size(VECTOR_BYTES), aligned(alignof(Real)), may_alias));
typedef Bits BitVector __attribute__((vector_size(VECTOR_BYTES)));

constexpr int round_up(int size, int multiple) { return (size + multiple - 1) / multiple * multiple; }
constexpr int padded(int size) { return round_up(size, LANES); }

ALWAYS_INLINE Vector all_of(Real x) { return x - Vector{}; }
ALWAYS_INLINE Vector load(const Real* p) { return *reinterpret_cast<const Unaligned*>(p); }
ALWAYS_INLINE void store(Real* p, Vector x) { *reinterpret_cast<Unaligned*>(p) = x; }

// The first `count` lanes alone (all, if there are more): nothing beyond them is read or written.
ALWAYS_INLINE Vector load_first(const Real* p, int count) {
  if (count >= LANES) return load(p);
#if defined(__AVX512F__) && !defined(LFADS_DOUBLE)
  return reinterpret_cast<Vector>(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p));
#else
  Real lanes[LANES] = {};
  for (int i = 0; i < count; i++) lanes[i] = p[i];
  return load(lanes);
#endif
}
ALWAYS_INLINE void store_first(Real* p, Vector x, int count) {
  if (count >= LANES) return store(p, x);
#if defined(__AVX512F__) && !defined(LFADS_DOUBLE)
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), reinterpret_cast<__m512>(x));
#else
  Real lanes[LANES];
  store(lanes, x);
  for (int i = 0; i < count; i++) p[i] = lanes[i];
#endif
}

// Dropout: values that are kept times `scale`, 0 elsewhere; all as they are without a mask.
ALWAYS_INLINE Vector drop(Vector x, const bool* kept, int count, Real scale) {
  if (!kept) return x;
  typedef uint8_t Bytes __attribute__((vector_size(LANES)));
  Bytes bytes = {};
  if (count >= LANES) {
    std::memcpy(&bytes, kept, LANES);
  } else {
    for (int i = 0; i < count; i++) bytes[i] = kept[i];
  }
  const Vector keeps = __builtin_convertvector(bytes, Vector);
  return keeps > Real(0) ? x * scale : Vector{};
}

// Comparisons with NaN are false, and leave it.
ALWAYS_INLINE Vector clip(Vector x, Real limit) {
  const Vector high = all_of(limit), low = all_of(-limit);
  x = x > high ? high : x;
  return x < low ? low : x;
}

#if defined(LFADS_DOUBLE)
template <class F>
ALWAYS_INLINE Vector lane_by_lane(Vector x, F f) {
  for (int i = 0; i < LANES; i++) x[i] = f(x[i]);
  return x;
}
ALWAYS_INLINE Vector exponential(Vector x) { return lane_by_lane(x, [](Real a) { return std::exp(a); }); }
ALWAYS_INLINE Vector sigmoid(Vector x) { return Real(1) / (Real(1) + exponential(-x)); }
ALWAYS_INLINE Vector tanh(Vector x) { return lane_by_lane(x, [](Real a) { return std::tanh(a); }); }
#else
// 1 / a for a from 1 to 1e38.
ALWAYS_INLINE Vector reciprocal(Vector a) {
#if defined(__AVX512F__)
  const Vector r = reinterpret_cast<Vector>(_mm512_maskz_rcp14_ps(0xFFFF, reinterpret_cast<__m512>(a)));
  return r * (2.f - a * r);
#else
  return 1.f / a;
#endif
}
// exp(x) = 2^n exp(f), |f| <= log(2) / 2, and a polynomial of degree 6 for exp(f) (Cephes, S. Moshier).
ALWAYS_INLINE Vector exponential(Vector x) {
  x = x > 88.f ? all_of(88.f) : x;
  x = x < -87.f ? all_of(-87.f) : x;
  const Vector to_whole = all_of(12582912.f);  // 1.5 * 2^23: nothing is left behind the point
  const Vector shifted = x * 1.44269504f + to_whole, n = shifted - to_whole;
  const Vector f = x - n * 0.693359375f + n * 2.12194440e-4f;
  Vector p = all_of(1.9875691500e-4f);
  p = p * f + 1.3981999507e-3f;
  p = p * f + 8.3334519073e-3f;
  p = p * f + 4.1665795894e-2f;
  p = p * f + 1.6666665459e-1f;
  p = p * f + 5.0000001201e-1f;
  p = p * f * f + f + 1.f;
  // Its last bits are those of n: no conversion, which NaN would not allow.
  const BitVector power = (reinterpret_cast<BitVector>(shifted) + 127u) << 23;
  return p * reinterpret_cast<Vector>(power);
}
ALWAYS_INLINE Vector sigmoid(Vector x) { return reciprocal(1.f + exponential(-x)); }
// tanh(x) = 2 sigmoid(2 x) - 1 loses small values; an odd polynomial stands for those.
ALWAYS_INLINE Vector tanh(Vector x) {
  const Vector size = x < 0.f ? -x : x, y = x * x;
  Vector small = all_of(-5.70498872745e-3f);  // Cephes: |x| < 0.625
  small = small * y + 2.06390887954e-2f;
  small = small * y + -5.37397155531e-2f;
  small = small * y + 1.33314422036e-1f;
  small = small * y + -3.33332819422e-1f;
  small = small * y * x + x;
  const Vector large = 1.f - 2.f * reciprocal(1.f + exponential(2.f * size));
  return size < 0.625f ? small : (x < 0.f ? -large : large);
}
#endif

}  // namespace lfads
