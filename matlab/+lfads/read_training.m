function [training, summary] = read_training(run)
%READ_TRAINING  Read the course of a training: a column an epoch, and how it ended.
%
%  [TRAINING, SUMMARY] = LFADS.READ_TRAINING(RUN)
%
%  RUN                     What lfads.train gives, or the folder of a run.
%
%  TRAINING is a struct of columns, a row an epoch: epoch, seconds, learning_rate, train_nll, valid_nll (nats
%  per sample), ... SUMMARY says how the training ended: best_epoch, scores, ...
%
%  See also lfads.plot_training, lfads.train

  given = struct('run', lfads.internal.path_text(run, 'run'));
  [summary, arrays] = lfads.internal.call('read-training', given);
  training = arrays.training;
end
