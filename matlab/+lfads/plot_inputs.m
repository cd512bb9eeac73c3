function handles = plot_inputs(posterior, varargin)
%PLOT_INPUTS  Inferred inputs over time, with what is expected of no input at all.
%
%   HANDLES = LFADS.PLOT_INPUTS(POSTERIOR, NAME, VALUE, ...)
%
%   Single trials are thin, the average of each condition is bold. The dashed lines are one standard deviation
%   of the prior: what inputs do that the spikes say nothing of.
%
%   POSTERIOR  struct of one session, as lfads.infer and lfads.read_posterior give it
%
%   'inputs'      indices of the inputs; all by default
%   'trials'      indices of the trials; all by default
%   'most_single' so many single trials of each condition at most (5)
%   'axes'        an axes for each input; a figure of its own by default
%
%   See also lfads.plot_factors, lfads.read_posterior

  lfads.internal.need_field(posterior, 'rates_hz', 'posterior', 'lfads.read_posterior');
  given = lfads.internal.plot_options(varargin, struct('inputs', [], 'trials', [], 'most_single', 5));
  if ~isfield(posterior, 'inferred_inputs')
    error('lfads:argument', 'the posterior has no inferred inputs: the run was trained without');
  end
  rows = given.inputs;
  if isempty(rows)
    rows = 1:posterior.sizes.input;
  end
  lfads.internal.need_index(rows, posterior.sizes.input, 'inputs');
  handles = lfads.internal.plot_axes(given.axes, numel(rows), 18, 4 + 4 * numel(rows));
  given.rows = rows;
  lfads.internal.plot_lines(handles, posterior.inferred_inputs(rows, :, :), 'input', posterior, given);
  if isfield(posterior, 'inferred_input_prior_std')
    for k = 1:numel(rows)
      prior = double(posterior.inferred_input_prior_std(rows(k)));
      ends = get(handles(k), 'XLim');
      plot(handles(k), ends, [prior prior], '--', 'Color', [0.4 0.4 0.4], 'LineWidth', 1);
      plot(handles(k), ends, -[prior prior], '--', 'Color', [0.4 0.4 0.4], 'LineWidth', 1);
    end
  end
end
