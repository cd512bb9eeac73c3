function shown = shown_trials(posterior, trials)
%SHOWN_TRIALS  Trials that are drawn, all of them by default, with the conditions among them.
%
%   SHOWN has trials, of all trials the number of their condition, and of the conditions that are drawn their
%   numbers (used), colours and labels; is_known says whether conditions are known.

  if isempty(trials)
    trials = 1:posterior.sizes.trial;
  end
  lfads.internal.need_index(trials, posterior.sizes.trial, 'trials');
  [number, labels, is_known] = lfads.internal.conditions_of(posterior);
  used = unique(number(trials))';
  shown = struct('trials', trials, 'number', number, 'used', used, ...
                 'colours', lfads.internal.colours(numel(used)), 'is_known', is_known);
  shown.labels = labels(used);
end
