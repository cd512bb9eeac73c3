// What XLA calls: arrays by their place, in the order in which `lfads_kernels.calls` gives them.
#include <exception>

#include "controlled_backward.h"
#include "controlled_forward.h"
#include "gru.h"
#include "xla/ffi/api/ffi.h"

namespace lfads {
namespace {

namespace ffi = xla::ffi;
#if defined(LFADS_DOUBLE)
constexpr auto REAL = ffi::DataType::F64;
#else
constexpr auto REAL = ffi::DataType::F32;
#endif

struct WrongArray : std::exception {};

// Arrays of a call, one after the other; those without elements stand for what is not given or not wanted.
struct Arrays {
  ffi::RemainingArgs in;
  ffi::RemainingRets out;
  size_t given = 0, made = 0;

  ffi::Buffer<REAL> array() {
    auto found = in.get<ffi::Buffer<REAL>>(given++);
    if (!found.has_value()) throw WrongArray();
    return *found;
  }
  const Real* values() {
    const auto found = array();
    return found.element_count() ? found.typed_data() : nullptr;
  }
  const bool* mask() {
    const auto found = in.get<ffi::Buffer<ffi::DataType::PRED>>(given++);
    if (!found.has_value()) throw WrongArray();
    return found->element_count() ? found->typed_data() : nullptr;
  }
  GRUWeights weights() { return GRUWeights{values(), values(), values(), values(), values(), values()}; }
  Real* result() {
    auto found = out.get<ffi::Buffer<REAL>>(made++);
    if (!found.has_value()) throw WrongArray();
    ffi::Buffer<REAL>& array = **found;
    return array.element_count() ? array.typed_data() : nullptr;
  }
  GRUGradients gradients() { return GRUGradients{result(), result(), result(), result(), result(), result()}; }
};

template <class Run>
ffi::Error guarded(Run run) {
  try {
    run();
    return ffi::Error::Success();
  } catch (const std::bad_alloc&) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "lfads-kernels: no memory for a call");
  } catch (const WrongArray&) {
    return ffi::Error(ffi::ErrorCode::kInvalidArgument, "lfads-kernels: an array is missing, or of another type");
  }
}

// Weights, inputs and initial state, whose shapes say the sizes, and the bins that count.
void read(GRUCall& call, Arrays& arrays, double limit, bool reverse) {
  call.weights = arrays.weights();
  const auto inputs = arrays.array(), initial = arrays.array();
  const auto shape = inputs.dimensions();
  call.bins = int(shape[0]);
  call.trials = int(shape[1]);
  call.sizes = Sizes{int(shape[2]), int(initial.dimensions()[1])};
  call.inputs = inputs.typed_data();
  call.initial = initial.typed_data();
  call.valid = arrays.mask();
  call.limit = Real(limit);
  call.reverse = reverse;
}

ffi::Error gru_forward(ffi::RemainingArgs in, ffi::RemainingRets out, double limit, bool reverse) {
  return guarded([&] {
    Arrays arrays{in, out};
    GRUForward call;
    read(call, arrays, limit, reverse);
    call.states = arrays.result();
    call.gates = arrays.result();
    call.run();
  });
}

ffi::Error gru_backward(ffi::RemainingArgs in, ffi::RemainingRets out, double limit, bool reverse) {
  return guarded([&] {
    Arrays arrays{in, out};
    GRUBackward call;
    read(call, arrays, limit, reverse);
    call.states = arrays.values();
    call.gates = arrays.values();
    call.d_states = arrays.values();
    call.d_weights = arrays.gradients();
    call.d_initial = arrays.result();
    call.d_inputs = arrays.result();
    call.run();
  });
}

// Sizes are attributes: an array that is not given has no shape to read them from.
struct Attributes {
  ffi::Dictionary all;
  int size(const char* name) const { return int(all.get<int32_t>(name).value()); }
  ControlledSizes sizes() const {
    return ControlledSizes{size("bins"),     size("trials"),   size("encoded"),  size("factors"),
                           size("controller"), size("inferred"), size("measured"), size("generator")};
  }
};

void read(ControlledCall& call, Arrays& arrays, const Attributes& attributes) {
  call.limit = Real(attributes.all.get<double>("limit").value());
  call.controller_weights = arrays.weights();
  call.generator_weights = arrays.weights();
  call.to_posterior = arrays.values();
  call.posterior_bias = arrays.values();
  call.to_factors = arrays.values();
  call.encoded_inputs = arrays.values();
  call.measured_inputs = arrays.values();
  call.noise = arrays.values();
  call.factors_kept = arrays.mask();
  call.generator_kept = arrays.mask();
  call.scale = *arrays.values();
  call.controller_before = arrays.values();
  call.generator_before = arrays.values();
  call.factors_before = arrays.values();
}

ffi::Error controlled_forward(ffi::RemainingArgs in, ffi::RemainingRets out, ffi::Dictionary dictionary) {
  return guarded([&] {
    Arrays arrays{in, out};
    const Attributes attributes{dictionary};
    ControlledForward call(attributes.sizes());
    read(call, arrays, attributes);
    call.given = arrays.values();
    call.out = ControlledOutputs{arrays.result(), arrays.result(), arrays.result(), arrays.result(),
                                 arrays.result(), arrays.result(), arrays.result(), arrays.result()};
    call.run();
  });
}

ffi::Error controlled_backward(ffi::RemainingArgs in, ffi::RemainingRets out, ffi::Dictionary dictionary) {
  return guarded([&] {
    Arrays arrays{in, out};
    const Attributes attributes{dictionary};
    ControlledBackward call(attributes.sizes());
    read(call, arrays, attributes);
    call.made = ControlledResults{arrays.values(), arrays.values(), arrays.values(), arrays.values(),
                                  arrays.values(), arrays.values(), arrays.values()};
    call.loss = ControlledLoss{arrays.values(), arrays.values(), arrays.values(),
                               arrays.values(), arrays.values(), arrays.values()};
    call.out.controller = arrays.gradients();
    call.out.generator = arrays.gradients();
    call.out.to_posterior = arrays.result();
    call.out.posterior_bias = arrays.result();
    call.out.to_factors = arrays.result();
    call.out.encoded = arrays.result();
    call.out.measured = arrays.result();
    call.out.controller_before = arrays.result();
    call.out.generator_before = arrays.result();
    call.out.factors_before = arrays.result();
    call.run();
  });
}

}  // namespace
}  // namespace lfads


#pragma GCC visibility push(default)
XLA_FFI_DEFINE_HANDLER_SYMBOL(lfads_gru_forward, lfads::gru_forward,
                              xla::ffi::Ffi::Bind().RemainingArgs().RemainingRets().Attr<double>("limit").Attr<bool>(
                                  "reverse"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(lfads_gru_backward, lfads::gru_backward,
                              xla::ffi::Ffi::Bind().RemainingArgs().RemainingRets().Attr<double>("limit").Attr<bool>(
                                  "reverse"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(lfads_controlled_forward, lfads::controlled_forward,
                              xla::ffi::Ffi::Bind().RemainingArgs().RemainingRets().Attrs());
XLA_FFI_DEFINE_HANDLER_SYMBOL(lfads_controlled_backward, lfads::controlled_backward,
                              xla::ffi::Ffi::Bind().RemainingArgs().RemainingRets().Attrs());

// The version of XLA's interface that this was compiled with: 1000 * major + minor.
extern "C" int lfads_interface_version() { return 1000 * XLA_FFI_API_MAJOR + XLA_FFI_API_MINOR; }
#pragma GCC visibility pop
