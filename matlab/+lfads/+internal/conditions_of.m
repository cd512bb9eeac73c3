function [number, labels, is_known] = conditions_of(posterior)
%CONDITIONS_OF  The number of each trial's condition, and what each is called; one for all, if none is known.

  trials = posterior.sizes.trial;
  is_known = isfield(posterior, 'condition');
  if ~is_known
    number = ones(trials, 1);
    labels = {'all trials'};
    return
  end
  [different, ~, number] = unique(posterior.condition);
  number = reshape(number, [], 1);
  if iscell(different)
    labels = reshape(different, 1, []);
  else
    labels = arrayfun(@(one) lfads.internal.number_text(one), reshape(different, 1, []), 'UniformOutput', false);
  end
end
