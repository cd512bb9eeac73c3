function scores = evaluate(run, varargin)
%EVALUATE  Score a run: nats, bits/spike beside baselines, what its inputs are for, and R² of a known truth.
%
%  LFADS.EVALUATE(RUN, NAME, VALUE, ...)
%  SCORES = LFADS.EVALUATE(RUN, NAME, VALUE, ...)
%
%  RUN                     What lfads.train gives, or the folder of a run.
%
%  'data'                  Data files of the same neurons; the training data by default. [text, or a cell of
%                          text]
%  'num_samples'           Posterior samples that are averaged. [whole number; default: 50]
%  'ensemble'              Members of a search whose rates are averaged and scored beside those of the best
%                          alone. [whole number; default: 1]
%  'no_baselines'          Leave out scores of smoothed spikes, PSTHs and constant rates, which stand beside.
%                          [true or false]
%  'decode'                Behaviour to decode, such as hand_vel: R² of left-out trials from rates, factors and
%                          smoothed spikes. May be given several times. A causal run keeps a decoder of it, for
%                          `lfads stream`. [text, or a cell of text]
%  'shuffle_control'       Tell inferred inputs from noise: what they cost beside the same trials with each
%                          neuron's trials shuffled within condition. The report uses what is found. [true or
%                          false]
%  'without'               Run on the same data with no inferred inputs (`'model.num_inferred_inputs', 0`), to
%                          tell whether the data need inputs. The report uses what is found. [text]
%  'skip_inputs'           Leave out what inferred inputs do for held-out samples and for factors. [true or
%                          false]
%  'nlb'                   Scores of the Neural Latents Benchmark instead: validation trials, or test trials
%                          with 'targets'. [true or false]
%  'targets'               The benchmark's file of targets, such as eval_data_test.h5. Every scoring is kept
%                          beside the run. [text]
%  'out'                   Table to write, scores.csv or scores.parquet, a row for each score of a session and
%                          a split. [text]
%  'bin_width_s'           Width of a bin in seconds, for files that do not say it; the run's by default.
%                          [number]
%  'overwrite'             Replace a file that is there already. [true or false]
%
%  SCORES is a struct: SCORES.splits.valid.bits_per_spike, say. Without it the scores are shown as a table.
%
%  See also lfads.infer, lfads.report

  [answer, text] = lfads.internal.on_run('evaluate', run, varargin);
  lfads.internal.said(text, nargout);
  if nargout > 0
    scores = answer;
  end
end
