function [training, summary] = read_training(run)
%READ_TRAINING

  given = struct('run', lfads.internal.path_text(run, 'run'));
  [summary, arrays] = lfads.internal.call('read-training', given);
  training = arrays.training;
end
