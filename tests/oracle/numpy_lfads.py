"""A slow LFADS in float64 NumPy: one trial after another, one bin after another.

Written from the equations of Pandarinath et al. (2018), not from the package's code; it keeps its
own layout of parameters. What is random (noise, dropout multipliers) is given.
"""

import math
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass
class Gru:
    """h' = clip(z∘h + (1−z)∘tanh(W_n x + b_n + U_n (r∘h)), ±limit); W is (hidden, input)."""

    W_r: Array
    W_z: Array
    W_n: Array
    U_r: Array
    U_z: Array
    U_n: Array
    b_r: Array
    b_z: Array
    b_n: Array
    limit: float = 5.0

    def step(self, x: Array, h: Array) -> Array:
        r = sigmoid(self.W_r @ x + self.U_r @ h + self.b_r)
        z = sigmoid(self.W_z @ x + self.U_z @ h + self.b_z)
        n = np.tanh(self.W_n @ x + self.b_n + self.U_n @ (r * h))
        return np.clip(z * h + (1 - z) * n, -self.limit, self.limit)


@dataclass
class Linear:
    W: Array  # (out, in)
    b: Array

    def __call__(self, x: Array) -> Array:
        return self.W @ x + self.b


@dataclass
class Encoder:
    """Two GRUs with separate weights and learned initial states."""

    forward: Gru
    backward: Gru | None
    forward_initial: Array
    backward_initial: Array | None

    def states(self, xs: list[Array]) -> tuple[list[Array], list[Array]]:
        """States after each bin, in the order of time, of both directions (causal: of one)."""
        h, forward = self.forward_initial, []
        for x in xs:
            h = self.forward.step(x, h)
            forward.append(h)
        if self.backward is None or self.backward_initial is None:
            return forward, []
        h, backward = self.backward_initial, []
        for x in reversed(xs):
            h = self.backward.step(x, h)
            backward.append(h)
        return forward, backward[::-1]


@dataclass
class Parameters:
    ic_encoder: Encoder
    ic_posterior: Linear
    ic_prior_mean: Array
    ic_prior_variance: float
    generator_initial: Linear
    generator: Gru
    factors: Array  # (factor, unit), not yet normalised
    readout: Linear
    read_in: tuple[Array, Array] | None = None  # (input, neuron) and offset
    ci_encoder: Encoder | None = None
    controller: Gru | None = None
    controller_initial: Array | None = None
    input_posterior: Linear | None = None
    ar1_tau_bins: Array | None = None
    ar1_innovation_variance: Array | None = None
    independent_variance: Array | None = None  # of N(0, s²) in every bin, instead of AR(1)


@dataclass
class Settings:
    lag: int = 1
    initial_condition_length: int = 0
    num_forward_bins: int = 0
    external_to_generator: bool = True
    external_to_encoders: bool = False


@dataclass
class TrialNoise:
    """What is random about one trial; multipliers are 0 or 1/(1−rate)."""

    initial_condition: Array  # (latent,)
    inputs: Array  # (decoded, input)
    encoder_inputs: Array  # (encoded, neuron and external input): multiplies what is encoded
    code: Array  # (2 * encoder,)
    controller_input: Array  # (decoded, encoder part + factor)
    generator_initial: Array  # (unit,)
    generator: Array  # (decoded, unit)
    external: Array  # (decoded, external input)


@dataclass
class TrialResult:
    posterior_mean: Array
    posterior_variance: Array
    generator_initial: Array
    input_means: Array
    input_variances: Array
    inputs: Array
    factors: Array
    log_rates: Array
    kl_initial_condition: float
    kl_inputs: float


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def kl_normals(m: Array, v: Array, prior_m: Array, prior_v: Array) -> float:
    """KL(N(m, v) || N(prior_m, prior_v)), a sum over dimensions."""
    total = 0.0
    for i in range(len(m)):
        total += 0.5 * (
            math.log(prior_v[i] / v[i]) + (v[i] + (m[i] - prior_m[i]) ** 2) / prior_v[i] - 1.0
        )
    return total


def ar1_divergence(ms: Array, vs: Array, us: Array, tau: Array, s2: Array) -> float:
    """Sum over bins and input dimensions of KL(N(m_t, v_t) || N(alpha u_{t-1}, s²)), u at its sample."""
    total = 0.0
    for k in range(us.shape[1]):
        alpha = math.exp(-1.0 / tau[k])
        for t in range(us.shape[0]):
            mean = alpha * us[t - 1, k] if t else 0.0
            variance = s2[k] if t else s2[k] / (1.0 - alpha**2)
            one = (ms[t, k : k + 1], vs[t, k : k + 1], np.array([mean]), np.array([variance]))
            total += kl_normals(*one)
    return total


def unit_rows(W: Array) -> Array:
    return W / np.sqrt(np.sum(W**2, axis=1, keepdims=True))


def trial(
    p: Parameters,
    settings: Settings,
    encoded: Array,
    external: Array | None,
    length: int,
    noise: TrialNoise,
) -> TrialResult:
    """Posterior and rates of one trial.

    Parameters
    ----------
    encoded
        Counts given to the encoders, (time, neuron); bins from `length` on are ignored.
    external
        Measured inputs, (time, external_input), or None.
    length
        How many bins are encoded; the forward ones come after them.
    """
    total = length + settings.num_forward_bins
    if external is None:
        external = np.zeros((total, 0))
    if len(external) < total:  # unknown from then on
        external = np.concatenate([external, np.zeros((total - len(external), external.shape[1]))])
    seen = []
    for t in range(length):
        x = encoded[t]
        if p.read_in is not None:
            weights, offset = p.read_in
            x = weights @ (x - offset)
        if settings.external_to_encoders:
            x = np.concatenate([x, external[t]])
        seen.append(x * noise.encoder_inputs[t])

    start = settings.initial_condition_length
    forward, backward = p.ic_encoder.states(seen[:start] if start else seen)
    code = np.concatenate([forward[-1], backward[0]]) * noise.code
    parameters = p.ic_posterior(code)
    latent = len(parameters) // 2
    mean, variance = parameters[:latent], np.exp(parameters[latent:]) + 1e-4
    prior_variance = np.full(latent, p.ic_prior_variance)
    kl_initial_condition = kl_normals(mean, variance, p.ic_prior_mean, prior_variance)
    g0 = p.generator_initial(mean + np.sqrt(variance) * noise.initial_condition)

    W_f = unit_rows(p.factors)
    num_encoded = length - start
    num_decoded = num_encoded + settings.num_forward_bins
    num_inputs = 0
    ci_forward, ci_backward = [], []
    if p.input_posterior is not None:
        assert p.ci_encoder is not None
        num_inputs = len(p.input_posterior.b) // 2
        ci_forward, ci_backward = p.ci_encoder.states(seen[start:])

    g = g0
    f = W_f @ (g * noise.generator_initial)
    c = p.controller_initial
    means, variances, us, factors, log_rates = [], [], [], [], []
    kl_independent = 0.0
    for t in range(num_decoded):
        u = np.zeros(0)
        if p.input_posterior is not None:
            assert p.ci_encoder is not None
            assert p.controller is not None
            assert c is not None
            before, after = t - settings.lag, t + settings.lag
            zeros = np.zeros(len(p.ci_encoder.forward_initial))
            parts = [ci_forward[before] if t < num_encoded and before >= 0 else zeros]
            if p.ci_encoder.backward is not None:
                parts.append(ci_backward[after] if after < num_encoded else zeros)
            controller_input = np.concatenate([*parts, f]) * noise.controller_input[t]
            c = p.controller.step(controller_input, c)
            out = p.input_posterior(c)
            m, v = out[:num_inputs], np.exp(out[num_inputs:])
            u = m + np.sqrt(v) * noise.inputs[t]
            if p.independent_variance is not None:
                kl_independent += kl_normals(m, v, np.zeros(num_inputs), p.independent_variance)
            means.append(m)
            variances.append(v)
            us.append(u)
        drive = u
        if settings.external_to_generator:
            drive = np.concatenate([u, external[start + t] * noise.external[t]])
        g = p.generator.step(drive, g)
        f = W_f @ (g * noise.generator[t])
        factors.append(f)
        log_rates.append(p.readout(f))

    kl_inputs = 0.0
    if p.independent_variance is not None:
        kl_inputs = kl_independent
    elif p.ar1_tau_bins is not None:
        assert p.ar1_innovation_variance is not None
        drawn = (np.array(means), np.array(variances), np.array(us))
        kl_inputs = ar1_divergence(*drawn, p.ar1_tau_bins, p.ar1_innovation_variance)
    return TrialResult(
        mean,
        variance,
        g0,
        np.array(means).reshape(num_decoded, num_inputs),
        np.array(variances).reshape(num_decoded, num_inputs),
        np.array(us).reshape(num_decoded, num_inputs),
        np.array(factors),
        np.array(log_rates),
        kl_initial_condition,
        kl_inputs,
    )


def poisson_nll(counts: Array, log_rates: Array, scored: Array) -> float:
    """−log p(counts), summed over the samples that are scored."""
    total = 0.0
    for t in range(counts.shape[0]):
        for n in range(counts.shape[1]):
            if scored[t, n]:
                x = float(counts[t, n])
                total -= x * log_rates[t, n] - math.exp(log_rates[t, n]) - math.lgamma(x + 1.0)
    return total


def l2_penalty(kernels: list[tuple[Array, float]]) -> float:
    """Σ ½ s ‖U‖² over recurrent kernels with s > 0, divided by their number of entries."""
    total, entries = 0.0, 0
    for U, scale in kernels:
        if scale > 0:
            total += 0.5 * scale * float(np.sum(U**2))
            entries += U.size
    return total / entries if entries else 0.0
