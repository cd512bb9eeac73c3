"""The C of a network's step, without its weights: what `c_source` fills in.

A line of `STEP` that begins with `?name ` stands in the file of networks for which that holds.
"""

HEADER = """\
/* {about}

   One bin of a causal network. Begin a trial with lfads_begin, then call lfads_step for every bin.
   All state is in lfads_state, which the caller has: several may be used side by side.
   Build: cc -O3 -std=c99 -c FILE.c, and with -march=native for this processor alone. Link with -lm.
   Not with -ffast-math, which does not know NAN. */
#ifndef {guard}
#define {guard}

{sizes}

typedef struct {{
    int bin; /* bins of this trial so far */
    {fields}
}} lfads_state;

typedef struct {{
    float rates[LFADS_NUM_NEURONS]; /* predicted means, in {unit} */
    {outputs}
}} lfads_bin;

/* Begin a trial. latent_noise: LFADS_NUM_LATENTS standard normal numbers for a sample of the initial
   condition, or NULL for its posterior mean. */
void lfads_begin(lfads_state *state, const float *latent_noise);

/* Infer the next bin. Returns 1, or 0 in the first LFADS_FIRST_BIN bins, which give nothing yet.
   values: LFADS_NUM_NEURONS spike counts of the bin, or signals; NAN where missing.
   external_inputs: LFADS_NUM_EXTERNAL measured inputs; NULL if there are none.
   input_noise: LFADS_NUM_INPUTS standard normal numbers for a sample of the inferred inputs, or NULL for
   their posterior mean. */
int lfads_step(lfads_state *restrict state, const float *restrict values,
               const float *restrict external_inputs, const float *restrict input_noise,
               lfads_bin *restrict out);

#endif
"""

MATRIX_RULES = """
#define BLOCK 32
#define PADDED(n) (((n) + BLOCK - 1) / BLOCK * BLOCK)

/* y = b + x W, in blocks of columns; b and y are padded to whole blocks. */
static void affine(const float *restrict x, int rows, const float *restrict w,
                   const float *restrict b, int columns, float *restrict y)
{
    int first, i, j;
    for (first = 0; first < columns; first += BLOCK) {
        float sum[BLOCK];
        for (j = 0; j < BLOCK; j++)
            sum[j] = b[first + j];
        for (i = 0; i < rows; i++) {
            const float value = x[i];
            for (j = 0; j < BLOCK; j++)
                sum[j] += value * w[j];
            w += BLOCK;
        }
        for (j = 0; j < BLOCK; j++)
            y[first + j] = sum[j];
    }
}

static float clipped(float value, float limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}
"""

NETWORK_RULES = {
    "gated": """
/* h = clip(z h + (1 - z) n): x holds the inputs, and has room for the units behind them. */
static void gated(float *restrict x, int inputs, float *restrict h, int units,
                  const float *restrict gates, const float *restrict gates_bias,
                  const float *restrict candidate, const float *restrict candidate_bias,
                  float limit, float *work)
{
    float *z = work, *r = work + units, *n = work + PADDED(2 * units);
    int i;
    for (i = 0; i < units; i++)
        x[inputs + i] = h[i];
    affine(x, inputs + units, gates, gates_bias, 2 * units, work);
    for (i = 0; i < 2 * units; i++)
        work[i] = 1.0f / (1.0f + expf(-work[i]));
    for (i = 0; i < units; i++)
        x[inputs + i] = r[i] * h[i];
    affine(x, inputs + units, candidate, candidate_bias, units, n);
    for (i = 0; i < units; i++)
        h[i] = clipped(z[i] * h[i] + (1.0f - z[i]) * tanhf(n[i]), limit);
}
""",
    "plain": """
/* h = clip(tanh([x, h] W + b)): x holds the inputs, and has room for the units behind them. */
static void plain(float *restrict x, int inputs, float *restrict h, int units,
                  const float *restrict w, const float *restrict b, float limit,
                  float *restrict work)
{
    int i;
    for (i = 0; i < units; i++)
        x[inputs + i] = h[i];
    affine(x, inputs + units, w, b, units, work);
    for (i = 0; i < units; i++)
        h[i] = clipped(tanhf(work[i]), limit);
}
""",
}

STEP = """
#define LIMIT @limit@

static void copied(const float *restrict from, int number, float *restrict to)
{
    int i;
    for (i = 0; i < number; i++)
        to[i] = from[i];
}

/* What the encoders are shown of a bin. */
?shows_plain static void shown(const float *restrict values, float *restrict seen)
?to_encoders static void shown(const float *restrict values, const float *restrict external_inputs,
?to_encoders                   float *restrict seen)
{
?read_in     float known[LFADS_NUM_ENCODED], mapped[PADDED(LFADS_NUM_SEEN)];
    int i;
    for (i = 0; i < LFADS_NUM_ENCODED; i++) {
        const float value = values[encoded[i]];
?read_in         known[i] = value == value ? (value - centre[i]) / scale[i] : 0.0f;
?not_read_in         seen[i] = value == value ? (value - centre[i]) / scale[i] : 0.0f;
    }
?read_in     affine(known, LFADS_NUM_ENCODED, read_in, read_in_bias, LFADS_NUM_SEEN@less@, mapped);
?read_in     copied(mapped, LFADS_NUM_SEEN@less@, seen);
?to_encoders     copied(external_inputs, LFADS_NUM_EXTERNAL, seen + LFADS_NUM_SEEN - LFADS_NUM_EXTERNAL);
}

static void to_factors_of(const float *restrict generator, float *restrict factors)
{
    static const float none[PADDED(LFADS_NUM_FACTORS)] = {0.0f};
    float work[PADDED(LFADS_NUM_FACTORS)];
    affine(generator, @generator@, to_factors, none, LFADS_NUM_FACTORS, work);
    copied(work, LFADS_NUM_FACTORS, factors);
}

/* The generator's first state, once all bins of the initial condition are there. */
static void start(lfads_state *restrict state)
{
    float x[@widest_seen@], work[PADDED(2 * @widest_units@) + PADDED(@widest_units@)];
    float both[@initial@ + @initial_backward@], code[PADDED(2 * LFADS_NUM_LATENTS)];
    float first[PADDED(@generator@)];
    float *backward = both + @initial@;
    int bin, i;
    copied(state->forward, @initial@, both);
    copied(initial_backward_first, @initial_backward@, backward);
    for (bin = LFADS_FIRST_BIN - 1; bin >= 0; bin--) {
        copied(state->segment + bin * LFADS_NUM_SEEN, LFADS_NUM_SEEN, x);
        gated(x, LFADS_NUM_SEEN, backward, @initial_backward@, initial_backward_gates,
              initial_backward_gates_bias, initial_backward_candidate,
              initial_backward_candidate_bias, LIMIT, work);
    }
    affine(both, @initial@ + @initial_backward@, to_code, to_code_bias, 2 * LFADS_NUM_LATENTS, code);
    for (i = 0; i < LFADS_NUM_LATENTS; i++)
        code[i] += sqrtf(expf(code[LFADS_NUM_LATENTS + i]) + @floor@) * state->latent_noise[i];
    affine(code, LFADS_NUM_LATENTS, to_generator, to_generator_bias, @generator@, first);
    copied(first, @generator@, state->generator);
    to_factors_of(state->generator, state->factors);
}

void lfads_begin(lfads_state *state, const float *latent_noise)
{
    int i;
    state->bin = 0;
    for (i = 0; i < LFADS_NUM_LATENTS; i++)
        state->latent_noise[i] = latent_noise ? latent_noise[i] : 0.0f;
    copied(initial_forward_first, @initial@, state->forward);
?driven     copied(encoder_first, @encoder@, state->encoder);
?driven     copied(controller_first, @controller@, state->controller);
?lagged     for (i = 0; i < @lag@ * @encoder@; i++)
?lagged         state->waiting[i] = 0.0f;
}

int lfads_step(lfads_state *restrict state, const float *restrict values,
               const float *restrict external_inputs, const float *restrict input_noise,
               lfads_bin *restrict out)
{
    float x[@widest_seen@], work[PADDED(2 * @widest_units@) + PADDED(@widest_units@)];
    float rates[PADDED(LFADS_NUM_NEURONS)];
?driven     float posterior[PADDED(2 * LFADS_NUM_INPUTS)], inputs[LFADS_NUM_INPUTS];
    int i, at = state->bin - LFADS_FIRST_BIN;
?decoded     float lagged[@lags@ * @features@], decoded[PADDED(LFADS_NUM_DECODED)];
    (void)input_noise;
    (void)external_inputs;
    if (state->bin < 1 << 30)
        state->bin++;
?shows_plain     shown(values, x);
?to_encoders     shown(values, external_inputs, x);
    if (at < 0) {
        copied(x, LFADS_NUM_SEEN, state->segment + (at + LFADS_FIRST_BIN) * LFADS_NUM_SEEN);
        gated(x, LFADS_NUM_SEEN, state->forward, @initial@, initial_forward_gates,
              initial_forward_gates_bias, initial_forward_candidate,
              initial_forward_candidate_bias, LIMIT, work);
        if (at == -1)
            start(state);
        return 0;
    }
?driven     gated(x, LFADS_NUM_SEEN, state->encoder, @encoder@, encoder_gates, encoder_gates_bias,
?driven           encoder_candidate, encoder_candidate_bias, LIMIT, work);
?unlagged     copied(state->encoder, @encoder@, x);
?lagged     copied(state->waiting + (at % @lag@) * @encoder@, @encoder@, x);
?lagged     copied(state->encoder, @encoder@, state->waiting + (at % @lag@) * @encoder@);
?driven     copied(state->factors, LFADS_NUM_FACTORS, x + @encoder@);
?driven     gated(x, @encoder@ + LFADS_NUM_FACTORS, state->controller, @controller@, controller_gates,
?driven           controller_gates_bias, controller_candidate, controller_candidate_bias, LIMIT, work);
?driven     affine(state->controller, @controller@, to_posterior, to_posterior_bias,
?driven            2 * LFADS_NUM_INPUTS, posterior);
?driven     for (i = 0; i < LFADS_NUM_INPUTS; i++)
?driven         inputs[i] = posterior[i]
?driven             + (input_noise ? expf(0.5f * posterior[LFADS_NUM_INPUTS + i]) * input_noise[i] : 0.0f);
?driven     copied(inputs, LFADS_NUM_INPUTS, x);
?driven     copied(inputs, LFADS_NUM_INPUTS, out->inferred_inputs);
?to_generator     copied(external_inputs, LFADS_NUM_EXTERNAL, x + LFADS_NUM_INPUTS);
?gated     gated(x, @generator_inputs@, state->generator, @generator@, generator_gates,
?gated           generator_gates_bias, generator_candidate, generator_candidate_bias, LIMIT, work);
?plain     plain(x, @generator_inputs@, state->generator, @generator@, generator, generator_bias,
?plain           LIMIT, work);
    to_factors_of(state->generator, state->factors);
    copied(state->factors, LFADS_NUM_FACTORS, out->factors);
    affine(state->factors, LFADS_NUM_FACTORS, read_out, read_out_bias, LFADS_NUM_NEURONS, rates);
    for (i = 0; i < LFADS_NUM_NEURONS; i++)
?exponential         out->rates[i] = expf(rates[i]) * @rate@;
?linear         out->rates[i] = mean_offset[i] + mean_scale[i] * rates[i];
?decoded     copied(out->@signal@, @features@, state->past + (at % @memory@) * @features@);
?decoded     for (i = 0; i < @lags@; i++) {
?decoded         const int then = at > i * @step@ ? at - i * @step@ : 0;
?decoded         copied(state->past + (then % @memory@) * @features@, @features@, lagged + i * @features@);
?decoded     }
?decoded     affine(lagged, @lags@ * @features@, decoder, decoder_bias, LFADS_NUM_DECODED, decoded);
?decoded     copied(decoded, LFADS_NUM_DECODED, out->decoded);
    return 1;
}
"""
