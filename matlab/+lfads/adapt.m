function adapted = adapt(run, data, out, varargin)
%ADAPT  Fit new sessions to a trained run: their read-ins and read-outs only, all else stays.
%
%  RUN = LFADS.ADAPT(TRAINED, DATA, OUT, NAME, VALUE, ...)
%
%  TRAINED                 The trained run: what lfads.train gives, or its folder.
%  DATA                    Data files of the new sessions.
%  OUT                     Folder of the new run, new or empty; or where it is kept.
%
%  'training_data'         Where the data are that the run was trained on, if they have moved. [text, or a cell
%                          of text]
%  'bin_width_s'           Width of a bin in seconds, for files that do not say it; the run's by default.
%                          [number]
%  'seed'                  Of everything random; the run's by default. [whole number]
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
%  RUN is a struct: folder, and summary.
%
%  See also lfads.train, lfads.infer, lfads.resume

  given = lfads.internal.named(varargin);
  given.run = lfads.internal.path_text(run, 'run');
  given.data = lfads.internal.path_texts(data, 'data');
  given.out = lfads.internal.path_text(out, 'out');
  [summary, ~, text] = lfads.internal.call('adapt', given);
  lfads.internal.said(text, nargout);
  if nargout > 0
    adapted = lfads.internal.run_of(given.out, summary);
  end
end
