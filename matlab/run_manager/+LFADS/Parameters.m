classdef Parameters
%PARAMETERS  Settings with names and defaults of lfads-run-manager, and what they are here.
%
%   c_batch_size = 256
%       training.batch_size: Trials in a step. Derived from the data unless you change it.
%   c_cell_clip_value = 5
%       model.state_limit: Recurrent states are clipped to +/- this.
%   c_ci_enc_dim = 128
%       model.encoder_size: Units of each encoder in each direction.
%   c_co_dim = 4
%       model.num_inferred_inputs: Inputs that the controller infers; 0 makes the generator autonomous.
%   c_con_dim = 128
%       model.controller_size: Units of the controller.
%   c_controller_input_lag = 1
%       model.controller_lag: Bins that separate what the controller sees from the bin it drives: 1 hides
%       the bin itself.
%   c_do_causal_controller = false
%       model.causal: The controller sees earlier bins only; needs initial_condition_length.
%   c_do_feed_factors_to_controller = true
%       no counterpart: factors are always fed to the controller
%   c_do_train_io_only = false
%       training.freeze: What stays at its start: nothing, the read_in of every session, dynamics,
%       everything but read-ins and read-outs, generator, the generator with its initial state and
%       factors, so that encoders and controller are trained as well, or generative, all that a trial is
%       generated with, so that read-ins, encoders and controller are trained.
%   c_do_train_prior_ar_atau = true
%       no counterpart: the prior's correlation time is always learned
%   c_do_train_prior_ar_nvar = true
%       no counterpart: the prior's variance is always learned
%   c_do_train_readin = true
%       training.freeze: What stays at its start: nothing, the read_in of every session, dynamics,
%       everything but read-ins and read-outs, generator, the generator with its initial state and
%       factors, so that encoders and controller are trained as well, or generative, all that a trial is
%       generated with, so that read-ins, encoders and controller are trained.
%   c_factors_dim = 50
%       model.num_factors: Latent factors that the rates are read out from.
%   c_gen_dim = 100
%       model.generator_size: Units of the generator.
%   c_ic_dim = 64
%       model.initial_condition_size: Dimensions of the initial-condition code.
%   c_ic_enc_dim = 128
%       model.encoder_size: Units of each encoder in each direction.
%   c_ic_post_var_min = 0.0001
%       model.posterior_variance_floor: Added to the posterior variance of the initial-condition code.
%   c_ic_prior_var_max = 0.1
%       model.initial_condition_prior_variance: Fixed variance of the prior over the initial-condition
%       code.
%   c_ic_prior_var_min = 0.1
%       model.initial_condition_prior_variance: Fixed variance of the prior over the initial-condition
%       code.
%   c_ic_prior_var_scale = 0.1
%       model.initial_condition_prior_variance: Fixed variance of the prior over the initial-condition
%       code.
%   c_in_factors_dim = 0
%       model.read_in_size: What a linear map makes of each session's neurons before the encoders see
%       them; 0 gives them the counts. Needed where sessions of different neurons share the network.
%   c_inject_ext_input_to_gen = false
%       model.external_inputs_to: Measured inputs drive the generator, are seen by the encoders, or both.
%   c_keep_prob = 0.95
%       hyperparameters.dropout_rate: Probability of dropping, in [0, 1). Derived from the number of
%       training trials if not set.
%   c_kl_co_weight = 1
%       hyperparameters.inferred_input_kl_weight: Weight of the inferred inputs' Kullback-Leibler term; 1
%       is the evidence lower bound.
%   c_kl_ic_weight = 1
%       hyperparameters.initial_condition_kl_weight: Weight of the initial condition's Kullback-Leibler
%       term; 1 is the evidence lower bound.
%   c_kl_increase_steps = 900
%       training.ramp_epochs: Epochs over which the weights of KL and L2 terms rise linearly to their
%       values. Derived from the data unless you change it.
%   c_kl_start_step = 0
%       no counterpart: weights rise from the first step, over training.ramp_epochs
%   c_l2_con_scale = 500
%       hyperparameters.controller_l2_weight: Scale of the penalty on the controller's recurrent kernels,
%       in nats per trial.
%   c_l2_gen_scale = 500
%       hyperparameters.generator_l2_weight: Scale of the penalty on the generator's recurrent kernels, in
%       nats per trial.
%   c_l2_increase_steps = 900
%       training.ramp_epochs: Epochs over which the weights of KL and L2 terms rise linearly to their
%       values. Derived from the data unless you change it.
%   c_l2_start_step = 0
%       no counterpart: weights rise from the first step, over training.ramp_epochs
%   c_learning_rate_decay_factor = 0.98
%       training.plateau_factor: What plateau multiplies the learning rate by. Derived from the data
%       unless you change it.
%   c_learning_rate_init = 0.01
%       hyperparameters.learning_rate: Step size of AdamW. Derived from the data unless you change it.
%   c_learning_rate_n_to_compare = 6
%       training.plateau_epochs: Epochs without improvement that plateau waits for. Derived from the data
%       unless you change it.
%   c_learning_rate_stop = 1e-05
%       no counterpart: training ends after training.num_epochs, or training.patience_epochs without a
%       better score
%   c_max_grad_norm = 200
%       training.gradient_clip_norm: Largest global norm of the gradient of the loss. Derived from the
%       data unless you change it.
%   c_output_dist = 'poisson'
%       model.observation: How what was recorded is distributed, given the rates: by name, such as
%       poisson, negative_binomial or gaussian; lfads parts observations lists what there is. Of several
%       modalities together, each by its name: "spikes=poisson + emg=gamma", or a table
%       [model.observations]; what is not named is as usual.
%   c_prior_ar_atau = 10
%       model.prior_correlation_bins: Where the learned correlation time of the prior autoregressive
%       starts, in bins.
%   c_prior_ar_nvar = 0.1
%       model.prior_variance: Where the learned variance of the inputs' prior starts; of autoregressive
%       that of a bin, given the bin before.
%   c_temporal_spike_jitter_width = 0
%       no counterpart: add spike_jitter(most_bins=…) to objective.augmentations, behind
%       coordinated_dropout
%
%   Settings of the optimiser are carried over where you change them: the numbers of another
%   optimiser would mislead this one. Those without a counterpart are refused if you change them.
%
%   This file is made from lfads.config.run_manager; change that.

  properties
    c_batch_size = 256;
    c_cell_clip_value = 5;
    c_ci_enc_dim = 128;
    c_co_dim = 4;
    c_con_dim = 128;
    c_controller_input_lag = 1;
    c_do_causal_controller = false;
    c_do_feed_factors_to_controller = true;
    c_do_train_io_only = false;
    c_do_train_prior_ar_atau = true;
    c_do_train_prior_ar_nvar = true;
    c_do_train_readin = true;
    c_factors_dim = 50;
    c_gen_dim = 100;
    c_ic_dim = 64;
    c_ic_enc_dim = 128;
    c_ic_post_var_min = 0.0001;
    c_ic_prior_var_max = 0.1;
    c_ic_prior_var_min = 0.1;
    c_ic_prior_var_scale = 0.1;
    c_in_factors_dim = 0;
    c_inject_ext_input_to_gen = false;
    c_keep_prob = 0.95;
    c_kl_co_weight = 1;
    c_kl_ic_weight = 1;
    c_kl_increase_steps = 900;
    c_kl_start_step = 0;
    c_l2_con_scale = 500;
    c_l2_gen_scale = 500;
    c_l2_increase_steps = 900;
    c_l2_start_step = 0;
    c_learning_rate_decay_factor = 0.98;
    c_learning_rate_init = 0.01;
    c_learning_rate_n_to_compare = 6;
    c_learning_rate_stop = 1e-05;
    c_max_grad_norm = 200;
    c_output_dist = 'poisson';
    c_prior_ar_atau = 10;
    c_prior_ar_nvar = 0.1;
    c_temporal_spike_jitter_width = 0;
  end
end
