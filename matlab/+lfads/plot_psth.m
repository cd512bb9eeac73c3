function handle = plot_psth(posterior, neuron, varargin)
%PLOT_PSTH  Rates of one neuron averaged over the trials of each condition.
%
%   HANDLE = LFADS.PLOT_PSTH(POSTERIOR, NEURON, NAME, VALUE, ...)
%
%   POSTERIOR  struct of one session, as lfads.infer and lfads.read_posterior give it
%   NEURON     index of the neuron, from 1
%
%   'data'        struct of lfads.read_data of the same trials: averages of its smoothed spikes are drawn thin
%   'smoothing_s' standard deviation of the Gaussian that smooths them, in seconds (0.03)
%   'conditions'  indices of the conditions to draw, in the order of their labels; all by default
%   'axes'        axes to draw into; a figure of its own by default
%
%   See also lfads.plot_trial, lfads.read_data

  lfads.internal.need_field(posterior, 'rates_hz', 'posterior', 'lfads.read_posterior');
  given = lfads.internal.plot_options(varargin, struct('data', [], 'smoothing_s', 0.03, 'conditions', []));
  lfads.internal.need_index(neuron, posterior.sizes.neuron, 'neuron');
  [number, labels, is_known] = lfads.internal.conditions_of(posterior);
  chosen = given.conditions;
  if isempty(chosen)
    chosen = 1:numel(labels);
  end
  lfads.internal.need_index(chosen, numel(labels), 'conditions');
  colours = lfads.internal.colours(numel(chosen));
  handle = lfads.internal.plot_axes(given.axes, 1, 18, 11);
  time = double(posterior.time_s(:)) + posterior.attributes.bin_width_s / 2;
  for k = 1:numel(chosen)
    trials = number == chosen(k);
    if ~isempty(given.data)
      counted = smoothed_average(given.data, posterior, neuron, trials, given.smoothing_s);
      plot(handle, time, counted, '-', 'Color', 1 - 0.5 * (1 - colours(k, :)), 'LineWidth', 1);
    end
    average = lfads.internal.mean_over(double(posterior.rates_hz(neuron, :, trials)), 3);
    plot(handle, time, average(:), '-', 'Color', colours(k, :), 'LineWidth', 2.5);
  end
  set(handle, 'XLim', [time(1), time(end)]);
  limits = get(handle, 'YLim');
  set(handle, 'YLim', [0, max(limits(2), eps)]);
  xlabel(handle, 'time (s)');
  ylabel(handle, sprintf('rate (%s)', posterior.units.rates_hz), 'Interpreter', 'none');
  words = sprintf('neuron %d', neuron);
  if ~isempty(given.data)
    words = sprintf('%s: inferred (bold), smoothed spikes (thin)', words);
  end
  title(handle, words, 'FontWeight', 'normal');
  lfads.internal.name_conditions(handle, colours, labels(chosen), is_known);
end


function average = smoothed_average(data, posterior, neuron, trials, smoothing_s)
  lfads.internal.need_field(data, 'spikes', 'data', 'lfads.read_data');
  if data.sizes.trial ~= posterior.sizes.trial || data.sizes.neuron ~= posterior.sizes.neuron
    error('lfads:argument', '''data'' must hold the trials of the posterior: %d neurons, %d trials', ...
          posterior.sizes.neuron, posterior.sizes.trial);
  end
  width = posterior.attributes.bin_width_s;
  average = lfads.internal.mean_over(double(data.spikes(neuron, :, trials)), 3) / width;
  average = average(:);
  reach = ceil(3 * smoothing_s / width);
  weights = exp(-0.5 * ((-reach:reach)' * width / max(smoothing_s, eps)).^2);
  known = ~isnan(average);
  average(~known) = 0;
  average = conv(average, weights, 'same') ./ conv(double(known), weights, 'same');
  first = find(abs(double(data.time_s(:)) - double(posterior.time_s(1))) < 1e-9, 1);
  average = average(first:first + posterior.sizes.time - 1);
end
