// All kernels at the sizes about every tile and block, in arrays without a spare element: under sanitizers.
//
// Each result is compared with itself in a batch of one trial, which is another way through blocks and tiles.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "controlled_backward.h"
#include "controlled_forward.h"
#include "gru.h"

using namespace lfads;

namespace {

std::mt19937 random_bits(0);

// Arrays live as long as their case.
struct Arrays {
  std::deque<std::unique_ptr<Real[]>> all;
  std::deque<std::unique_ptr<bool[]>> masks;
  Real* room(size_t count) {
    if (!count) return nullptr;
    all.emplace_back(new Real[count]);
    return all.back().get();
  }
  Real* drawn(size_t count) {
    std::normal_distribution<float> draw(0, 0.4f);
    Real* found = room(count);
    for (size_t i = 0; i < count; i++) found[i] = draw(random_bits);
    return found;
  }
  bool* mask(size_t count) {
    masks.emplace_back(new bool[count]);
    for (size_t i = 0; i < count; i++) masks.back()[i] = random_bits() % 4 != 0;
    return masks.back().get();
  }
  GRUWeights weights(Sizes s) {
    const int n = s.units;
    return {drawn(size_t(2) * s.seen * n), drawn(size_t(s.seen) * n), drawn(size_t(2) * n * n),
            drawn(size_t(n) * n),          drawn(2 * n),              drawn(n)};
  }
  GRUGradients gradients(Sizes s) {
    const int n = s.units;
    return {room(size_t(2) * s.seen * n), room(size_t(s.seen) * n), room(size_t(2) * n * n),
            room(size_t(n) * n),          room(2 * n),              room(n)};
  }
};

void fail(const char* what) {
  std::printf("FAILED: %s\n", what);
  std::exit(1);
}
void close_to(const Real* one, const Real* other, size_t count, const char* what) {
  for (size_t i = 0; i < count; i++)
    if (!(std::abs(one[i] - other[i]) <= Real(1e-4) * (1 + std::abs(other[i])))) fail(what);
}

void try_gru(int bins, int trials, Sizes sizes, bool masked, bool reverse) {
  Arrays arrays;
  const size_t rows = size_t(bins) * trials, units = sizes.units, seen = sizes.seen;
  GRUForward forward{};
  forward.bins = bins;
  forward.trials = trials;
  forward.sizes = sizes;
  forward.reverse = reverse;
  forward.limit = Real(0.6);
  forward.weights = arrays.weights(sizes);
  forward.inputs = arrays.drawn(rows * seen);
  forward.initial = arrays.drawn(trials * units);
  forward.valid = masked ? arrays.mask(rows) : nullptr;
  forward.states = arrays.room(rows * units);
  forward.gates = arrays.room(rows * 3 * units);
  forward.run();
  GRUBackward backward{};
  static_cast<GRUCall&>(backward) = forward;
  backward.states = forward.states;
  backward.gates = forward.gates;
  backward.d_states = arrays.drawn(rows * units);
  backward.d_weights = arrays.gradients(sizes);
  backward.d_inputs = seen ? arrays.room(rows * seen) : nullptr;
  backward.d_initial = arrays.room(trials * units);
  backward.run();

  // The last trial alone.
  const int last = trials - 1;
  Arrays own;
  GRUForward alone = forward;
  alone.trials = 1;
  Real *inputs = own.room(bins * seen), *expected = own.room(bins * units);
  bool* valid = own.mask(bins);
  for (int t = 0; t < bins; t++) {
    const size_t at = size_t(t) * trials + last;
    std::copy_n(forward.inputs + at * seen, seen, inputs + t * seen);
    std::copy_n(forward.states + at * units, units, expected + t * units);
    valid[t] = !masked || forward.valid[at];
  }
  alone.inputs = inputs;
  alone.initial = forward.initial + last * units;
  alone.valid = valid;
  alone.states = own.room(bins * units);
  alone.gates = nullptr;
  alone.run();
  close_to(alone.states, expected, bins * units, "states of a GRU");
}

void try_controlled(ControlledSizes s, bool dropout) {
  Arrays arrays;
  const size_t rows = size_t(s.bins) * s.trials;
  ControlledForward forward(s);
  forward.limit = Real(0.7);
  forward.scale = Real(1.25);
  forward.controller_weights = arrays.weights(s.of_controller());
  forward.generator_weights = arrays.weights(s.of_generator());
  forward.to_posterior = arrays.drawn(size_t(2) * s.controller * s.inferred);
  forward.posterior_bias = arrays.drawn(2 * s.inferred);
  forward.to_factors = arrays.drawn(size_t(s.generator) * s.factors);
  forward.encoded_inputs = arrays.drawn(rows * s.encoded);
  forward.measured_inputs = arrays.drawn(rows * s.measured);
  forward.noise = arrays.drawn(rows * s.inferred);
  forward.factors_kept = dropout ? arrays.mask(rows * s.factors) : nullptr;
  forward.generator_kept = dropout ? arrays.mask(rows * s.generator) : nullptr;
  forward.controller_before = arrays.drawn(size_t(s.trials) * s.controller);
  forward.generator_before = arrays.drawn(size_t(s.trials) * s.generator);
  forward.factors_before = arrays.drawn(size_t(s.trials) * s.factors);
  forward.given = dropout ? nullptr : arrays.drawn(rows * 3 * s.controller);
  forward.out = {arrays.room(rows * s.controller), arrays.room(rows * s.generator), arrays.room(rows * s.factors),
                 arrays.room(rows * s.inferred),   arrays.room(rows * s.inferred),  arrays.room(rows * s.inferred),
                 arrays.room(rows * 3 * s.controller), arrays.room(rows * 3 * s.generator)};
  forward.run();
  ControlledBackward backward(s);
  static_cast<ControlledCall&>(backward) = forward;
  const ControlledOutputs& made = forward.out;
  backward.made = {made.controller, made.generator, made.factors, made.log_variance, made.inferred,
                   made.controller_gates, made.generator_gates};
  backward.loss = {nullptr, arrays.drawn(rows * s.generator), arrays.drawn(rows * s.factors),
                   nullptr, arrays.drawn(rows * s.inferred),  arrays.drawn(rows * s.inferred)};
  backward.out = {arrays.gradients(s.of_controller()),
                  arrays.gradients(s.of_generator()),
                  arrays.room(size_t(2) * s.controller * s.inferred),
                  arrays.room(2 * s.inferred),
                  arrays.room(size_t(s.generator) * s.factors),
                  arrays.room(rows * s.encoded),
                  arrays.room(rows * s.measured),
                  arrays.room(size_t(s.trials) * s.controller),
                  arrays.room(size_t(s.trials) * s.generator),
                  arrays.room(size_t(s.trials) * s.factors)};
  backward.run();
  for (size_t i = 0; i < rows * s.factors; i++)
    if (!std::isfinite(made.factors[i])) fail("factors");
  for (size_t i = 0; i < size_t(s.generator) * s.factors; i++)
    if (!std::isfinite(backward.out.to_factors[i])) fail("gradients to factors");
}

std::vector<int> about(int size) { return size > 1 ? std::vector<int>{size - 1, size, size + 1} : std::vector<int>{1, 2}; }

}  // namespace

int main() {
  int cases = 0;
  std::vector<int> trials{1};
  for (int size : {TILE_ROWS, BLOCK_ROWS}) for (int one : about(size)) trials.push_back(one);
  std::vector<int> widths{1};
  for (int size : {LANES, 2 * LANES, SUM_ROWS}) for (int one : about(size)) widths.push_back(one);
  for (int number : trials)
    for (int units : widths)
      for (int seen : {0, 1, LANES, LANES + 1}) {
        const bool odd = cases % 2;
        try_gru(CHUNK_BINS + 1, number, Sizes{seen, units}, odd, cases / 2 % 2);
        cases++;
      }
  for (int bins : {1, CHUNK_BINS - 1, CHUNK_BINS, CHUNK_BINS + 1, 2 * CHUNK_BINS + 1})
    if (bins > 0) try_gru(bins, 3, Sizes{2, 5}, true, bins % 2), cases++;
  for (int number : trials)
    for (int width : widths) {
      // Each size takes its turn at being about a tile.
      ControlledSizes s{CHUNK_BINS + 1, number, 3, 2, 4, 1, cases % 3, 5};
      int* const turns[] = {&s.encoded, &s.factors, &s.controller, &s.inferred, &s.generator};
      *turns[cases % 5] = width;
      try_controlled(s, cases % 2);
      cases++;
    }
  std::printf("%d cases\n", cases);
}
