// Memory of one call: taken in aligned pieces from one allocation, and given back at its end.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include "vectors.h"

namespace lfads {

class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    while (last_) {
      Piece* before = last_->before;
      std::free(last_);
      last_ = before;
    }
  }
  // So many values, aligned to vectors, with a vector behind them that may be read and written.
  Real* take(size_t count) {
    const size_t bytes = (HEAD + (count + LANES) * sizeof(Real) + HEAD - 1) / HEAD * HEAD;
    void* found = std::aligned_alloc(HEAD, bytes);
    if (!found) throw std::bad_alloc();
    last_ = new (found) Piece{last_};
    return reinterpret_cast<Real*>(static_cast<char*>(found) + HEAD);
  }
  Real* take_zeros(size_t count) {
    Real* found = take(count);
    std::memset(found, 0, (count + LANES) * sizeof(Real));
    return found;
  }

 private:
  static constexpr size_t HEAD = 64;
  struct Piece {
    Piece* before;
  };
  Piece* last_ = nullptr;
};

}  // namespace lfads
