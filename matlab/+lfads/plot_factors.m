function handles = plot_factors(posterior, varargin)
%PLOT_FACTORS  Latent factors: over time, or against each other.
%
%   HANDLES = LFADS.PLOT_FACTORS(POSTERIOR, NAME, VALUE, ...)
%
%   Single trials are thin, the average of each condition is bold.
%
%   POSTERIOR  struct of one session, as lfads.infer and lfads.read_posterior give it
%
%   'factors'     indices of the factors; by default the three that vary most
%   'space'       true draws the averages of two or three factors against each other, in one axes
%   'trials'      indices of the trials; all by default
%   'most_single' so many single trials of each condition at most (5)
%   'axes'        an axes for each factor, or one with 'space'; a figure of its own by default
%
%   See also lfads.plot_inputs, lfads.plot_trial, lfads.read_posterior

  lfads.internal.need_field(posterior, 'factors', 'posterior', 'lfads.read_posterior');
  usual = struct('factors', [], 'space', false, 'trials', [], 'most_single', 5);
  given = lfads.internal.plot_options(varargin, usual);
  rows = given.factors;
  if isempty(rows)
    rows = lfads.internal.most_varying(posterior.factors, 3);
  end
  lfads.internal.need_index(rows, posterior.sizes.factor, 'factors');
  if given.space
    handles = lfads.internal.plot_axes(given.axes, 1, 15, 13);
    lfads.internal.plot_space(handles, posterior, rows, given.trials);
    return
  end
  handles = lfads.internal.plot_axes(given.axes, numel(rows), 18, 4 + 4 * numel(rows));
  given.rows = rows;
  lfads.internal.plot_lines(handles, posterior.factors(rows, :, :), 'factor', posterior, given);
end
