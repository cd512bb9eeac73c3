function run = search(data, out, varargin)
%SEARCH  Find hyperparameters by population-based training (AutoLFADS); the best member is a run in OUT/best.
%
%  RUN = LFADS.SEARCH(DATA, OUT, NAME, VALUE, ...)
%
%  Ctrl-C ends it with a checkpoint: lfads.resume goes on.
%
%  DATA                    A data file, or a cell of files, one a session.
%  OUT                     Folder of the search, new or empty; or where it is kept, such as s3://bucket/run.
%
%  'config'                TOML file of settings. Arguments win over it, and it wins over a preset. [text]
%  'population'            Members; short for 'search.population'. [whole number]
%  'max_hours'             Stop after the generation in which so much time has passed; short for
%                          'search.max_hours'. [number]
%  'method'                population (members train together), or random (each alone); short for
%                          'search.method'. [text]
%  'bin_width_s'           Width of a bin in seconds, for files that do not say it. [number]
%  'preset'                A recipe that comes with lfads: autolfads, calcium, demo, emg, lfp, nlb_area2_bump,
%                          nlb_dmfc_rsg, nlb_mc_maze, nlb_mc_maze_large, nlb_mc_maze_medium, nlb_mc_maze_small,
%                          nlb_mc_rtt. Those that begin with nlb_ were published for data sets of the Neural
%                          Latents Benchmark, and not tuned by us. [text]
%  'seed'                  Of everything random. [whole number]
%
%  Where it runs
%  'engine'                local: the cores or GPUs of this machine, in one process; ray: workers on a Ray
%                          cluster. ['local' or 'ray'; default: local]
%  'address'               Of a running Ray cluster, or auto for that of this machine. Without one, the Ray
%                          engine starts Ray here, for this search alone. [text]
%  'num_workers'           Ray workers; as many as there is room for if not given. [whole number]
%  'resources'             That each Ray worker asks for, as in CPU=2,GPU=1. One CPU if not given. [text]
%
%  Search: the population, and what it searches
%  'search.method'         `population`: members train together and the worse learn from the better; `random`:
%                          each is drawn and trained alone, and sizes of the network may be searched, too.
%                          ['population' or 'random'; default: population]
%  'search.population'     Members. [whole number; default: 20]
%  'search.num_generations'Most generations to train. [whole number; default: 50]
%  'search.epochs_per_generation'
%                          Epochs that every member trains before members are compared. The first generation
%                          also holds the ramp. [whole number; default: 25]
%  'search.selection'      `tournament`: each member meets another, and is replaced by it if that one is
%                          better; `truncation`: the worst fifth is replaced by members of the best fifth.
%                          ['tournament' or 'truncation'; default: tournament]
%  'search.exploration'    `perturb`: a replaced member's hyperparameters are those of the better one, changed
%                          a little; `resample`: drawn anew. ['perturb' or 'resample'; default: perturb]
%  'search.min_improvement'Relative improvement of the best score that counts. [number; default: 0.0005]
%  'search.patience_generations'
%                          Stop after this many generations without it. [whole number; default: 4]
%  'search.members_at_once'Members that a device trains side by side; the others wait. Derived from the device
%                          if not set. [whole number]
%  'search.max_hours'      Stop after this long. [number]
%
%  Model: sizes and form of the network
%  'model.num_factors'     Latent factors that the rates are read out from. [whole number; default: from the
%                          data]
%  'model.generator'       Its dynamics: `gru`, gated units; `vanilla_rnn`, tanh units without gates;
%                          `low_rank_rnn`, the same in few dimensions; `residual_mlp`, a neural differential
%                          equation; or those of an installed package. `lfads parts generators` lists them.
%                          [text; default: gru]
%  'model.generator_size'  Units of the generator. [whole number; default: from the data]
%  'model.generator_rank'  Of `low_rank_rnn`: dimensions of its dynamics. [whole number]
%  'model.generator_hidden_size'
%                          Of `residual_mlp`: units that each change of the state is made of. [whole number]
%  'model.encoder'         Of spikes: `gru`, gated units, bin by bin; `lru`, layers of linear recurrent units,
%                          all bins at once. ['gru' or 'lru'; default: gru]
%  'model.encoder_size'    Units of each encoder in each direction. [whole number; default: from the data]
%  'model.controller_size' Units of the controller. [whole number; default: from the data]
%  'model.read_in_size'    What a linear map makes of each session's neurons before the encoders see them; 0
%                          gives them the counts. Needed where sessions of different neurons share the network.
%                          [whole number; default: from the data]
%  'model.read_in_start'   Where these maps start: `conditions`, principal components of condition averages
%                          that the sessions share; `time_course`, factors of each session turned so that their
%                          average time courses agree; `files`, the matrices that data files bring along
%                          (`alignment_matrix_cxf`, `readin_weight`); or `random`. ['conditions' or
%                          'time_course' or 'files' or 'random']
%  'model.num_inferred_inputs'
%                          Inputs that the controller infers; 0 makes the generator autonomous. [whole number;
%                          default: 1]
%  'model.causal'          The controller sees earlier bins only; needs `initial_condition_length`. [true or
%                          false]
%  'model.initial_condition_size'
%                          Dimensions of the initial-condition code. [whole number; default: from the data]
%  'model.initial_condition_length'
%                          The first bins feed the initial-condition encoder alone and are not modelled. [whole
%                          number]
%  'model.controller_lag'  Bins that separate what the controller sees from the bin it drives: 1 hides the bin
%                          itself. [whole number; default: 1]
%  'model.external_inputs_to'
%                          Measured inputs drive the `generator`, are seen by the `encoders`, or `both`.
%                          ['generator' or 'encoders' or 'both'; default: generator]
%  'model.inferred_input_prior'
%                          `gaussian` or `student_t`, independent in each bin; `autoregressive`, of first
%                          order, as Pandarinath et al. (2018) have it; `none`; `lfads parts priors` lists what
%                          there is. [text; default: gaussian]
%  'model.prior_correlation_bins'
%                          Where the learned correlation time of the prior `autoregressive` starts, in bins.
%                          [number]
%  'model.prior_correlation_s'
%                          The same in seconds, in the place of bins. [number]
%  'model.prior_variance'  Where the learned variance of the inputs' prior starts; of `autoregressive` that of
%                          a bin, given the bin before. [number; default: 0.1]
%  'model.prior_degrees_of_freedom'
%                          Of `student_t`: the fewer, the more of what there is may come at once. [number]
%  'model.initial_condition_prior'
%                          `gaussian`, about a learned mean; `fixed_gaussian`, about 0; `learned_gaussian`, of
%                          learned mean and variance; `none`; `lfads parts priors` lists what there is. [text;
%                          default: gaussian]
%  'model.initial_condition_prior_variance'
%                          Fixed variance of the prior over the initial-condition code. [number; default: 0.1]
%  'model.posterior_variance_floor'
%                          Added to the posterior variance of the initial-condition code. [number; default:
%                          0.0001]
%  'model.state_limit'     Recurrent states are clipped to ± this. [number; default: 5]
%  'model.observation'     How what was recorded is distributed, given the rates: by name, such as `poisson`,
%                          `negative_binomial` or `gaussian`; `lfads parts observations` lists what there is.
%                          Of several modalities together, each by its name: `"spikes=poisson + emg=gamma"`, or
%                          a table `[model.observations]`; what is not named is as usual. [text; default: from
%                          the data]
%  'model.slow_offsets'    Slow courses over the trials of a session that the rates of all neurons are offset
%                          by: what drifts while electrodes move or arousal changes is then no part of the
%                          dynamics. 0 for none; 1 to 3 are usual. [whole number]
%
%  Objective: how the terms combine
%  'objective.loss_scale'  The loss is nats per trial, divided by bins times neurons, times this. Gradient
%                          clipping and Adam's epsilon act on it. [number; default: 1]
%  'objective.augmentations'
%                          What is done to values before the encoders see them in training, in this order,
%                          joined by `+`, each with its choices if any: `coordinated_dropout`, or
%                          `coordinated_dropout + NAME(choice=2)`. `lfads parts augmentations` lists what there
%                          is. [text; default: coordinated_dropout]
%  'objective.rescale_coordinated_dropout'
%                          Divide the scored likelihood by the fraction scored, so that a KL weight of 1 is the
%                          evidence lower bound at any coordinated dropout rate. [true or false; default: True]
%  'objective.sample_validation_rate'
%                          Share of single samples (a neuron in a bin) that are removed for good, in training
%                          and validation trials, and only scored. Above 0 their score in validation trials
%                          decides early stopping, the best weights and a search: over-fitting cannot fool it.
%                          [number]
%  'objective.modality_weights'
%                          What a nat of a modality weighs in training, where channels of several are modelled
%                          together: `"lfp=0.1 + emg=2"`. 1 if not named: then the loss is the evidence lower
%                          bound of all channels. [text]
%
%  Training: the training run
%  'training.num_epochs'   Most epochs to train. [whole number; default: from the data]
%  'training.batch_size'   Trials in a step. [whole number; default: from the data]
%  'training.patience_epochs'
%                          Stop after this many epochs without a better smoothed validation likelihood. [whole
%                          number; default: from the data]
%  'training.ramp_epochs'  Epochs over which the weights of KL and L2 terms rise linearly to their values.
%                          [whole number; default: from the data]
%  'training.learning_rate_schedule'
%                          `cosine` falls over `decay_epochs`; `plateau` falls when the smoothed validation
%                          likelihood has not improved for `plateau_epochs`; `constant` stays. If not set,
%                          `cosine`, and `constant` where a population searches the learning rate. ['cosine' or
%                          'plateau' or 'constant'; default: from the data]
%  'training.decay_epochs' Epochs over which `cosine` falls. [whole number; default: from the data]
%  'training.final_learning_rate_fraction'
%                          Share of the learning rate that `cosine` ends at. [number; default: 0.02]
%  'training.plateau_factor'
%                          What `plateau` multiplies the learning rate by. [number; default: 0.95]
%  'training.plateau_epochs'
%                          Epochs without improvement that `plateau` waits for. [whole number; default: 6]
%  'training.weight_average_decay'
%                          Per-step decay of the exponential average of the weights that is validated and kept;
%                          0 keeps the weights themselves. [number; default: 0.98]
%  'training.score_smoothing'
%                          Share of the previous smoothed score in the next. [number; default: 0.3]
%  'training.gradient_clip_norm'
%                          Largest global norm of the gradient of the loss. [number; default: 5]
%  'training.adam_beta1'   Decay of AdamW's first moment. [number; default: 0.9]
%  'training.adam_beta2'   Decay of AdamW's second moment. [number; default: 0.999]
%  'training.adam_epsilon' AdamW's epsilon. [number; default: 1e-08]
%  'training.time_segments'Stretches of time that the backward pass computes again one by one, to save memory;
%                          1 keeps everything. Derived from memory if not set. [whole number; default: from the
%                          data]
%  'training.stream_steps' Steps whose trials are sent to the devices at a time, for data larger than their
%                          memory; 0 keeps every trial on every device. The numbers are the same. Derived from
%                          memory if not set. [whole number; default: from the data]
%  'training.length_buckets'
%                          Groups of trials of similar length; each step is of one, and runs for its longest
%                          trial alone. 1 runs every trial for the longest of all. Derived from the lengths of
%                          the trials if not set. [whole number; default: from the data]
%  'training.freeze'       What stays at its start: `nothing`, the `read_in` of every session, `dynamics`,
%                          everything but read-ins and read-outs, `generator`, the generator with its initial
%                          state and factors, so that encoders and controller are trained as well, or
%                          `generative`, all that a trial is generated with, so that read-ins, encoders and
%                          controller are trained. ['nothing' or 'read_in' or 'dynamics' or 'generator' or
%                          'generative'; default: nothing]
%  'training.session_weights'
%                          Where sessions share the network, each `trial` counts the same, or each `session`.
%                          ['trial' or 'session'; default: trial]
%  'training.num_shards'   Devices that share a batch; part of a run, so that it resumes bit for bit. [whole
%                          number; default: from the data]
%  'training.recurrence'   How the network runs through time: `native`, by the compiled kernels of the package
%                          lfads-kernels (`pip install 'lfads[fast]'`), or `scan`, by JAX alone. Part of a run,
%                          too: the numbers differ in their last digits. If not set, the faster one on this
%                          machine. ['native' or 'scan'; default: from the machine]
%  'training.checkpoint_epochs'
%                          Epochs between checkpoints (one is written at the end in any case). [whole number;
%                          default: 10]
%  'training.max_hours'    Stop after this long. [number]
%  'training.max_dropped_steps'
%                          Consecutive steps with a non-finite gradient that stop the run. [whole number;
%                          default: 20]
%
%  Hyperparameters: rates and weights
%  'hyperparameters.learning_rate'
%                          Step size of AdamW. [number; default: 0.008]
%  'hyperparameters.weight_decay'
%                          Decoupled weight decay of AdamW. [number]
%  'hyperparameters.dropout_rate'
%                          Probability of dropping, in [0, 1). Derived from the number of training trials if
%                          not set. [number; default: from the data]
%  'hyperparameters.coordinated_dropout_rate'
%                          Probability that a spike count is hidden from the encoders and scored instead, in
%                          [0, 1). 0 turns coordinated dropout off (Keshtkaran & Pandarinath 2019). [number;
%                          default: 0.3]
%  'hyperparameters.initial_condition_kl_weight'
%                          Weight of the initial condition's Kullback-Leibler term; 1 is the evidence lower
%                          bound. [number; default: 0.2]
%  'hyperparameters.inferred_input_kl_weight'
%                          Weight of the inferred inputs' Kullback-Leibler term; 1 is the evidence lower bound.
%                          [number; default: 0.1]
%  'hyperparameters.generator_l2_weight'
%                          Scale of the penalty on the generator's recurrent kernels, in nats per trial.
%                          [number]
%  'hyperparameters.controller_l2_weight'
%                          Scale of the penalty on the controller's recurrent kernels, in nats per trial.
%                          [number]
%
%  A setting is also found by the end of its name where no other ends alike; settings of one table may be a
%  struct. Ranges: 'search', struct('space', struct('learning_rate', struct('low', 1e-4))).
%
%  RUN is a struct: folder, and summary. lfads.infer and the like take the best member.
%
%  See also lfads.resume, lfads.train, lfads.infer

  given = lfads.internal.named(varargin);
  given.data = lfads.internal.path_texts(data, 'data');
  given.out = lfads.internal.path_text(out, 'out');
  [summary, ~, text] = lfads.internal.call('search', given);
  lfads.internal.said(text, nargout);
  if nargout > 0
    run = lfads.internal.run_of(given.out, summary);
  end
end
