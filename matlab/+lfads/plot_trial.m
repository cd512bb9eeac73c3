function handle = plot_trial(posterior, trial, varargin)
%PLOT_TRIAL  Inferred rates of one trial as an image, its spikes on top.
%
%   HANDLE = LFADS.PLOT_TRIAL(POSTERIOR, TRIAL, NAME, VALUE, ...)
%
%   POSTERIOR  struct of one session, as lfads.infer and lfads.read_posterior give it
%   TRIAL      index of the trial, from 1
%
%   'data'     struct of lfads.read_data of the same trials: its spikes are drawn as dots
%   'neurons'  indices of the neurons; all by default
%   'sort'     true puts neurons in the order of their peaks (default); false leaves them as they are
%   'axes'     axes to draw into; a figure of its own by default
%
%   See also lfads.plot_psth, lfads.plot_factors, lfads.read_posterior

  lfads.internal.need_field(posterior, 'rates_hz', 'posterior', 'lfads.read_posterior');
  given = lfads.internal.plot_options(varargin, struct('data', [], 'neurons', [], 'sort', true));
  lfads.internal.need_index(trial, posterior.sizes.trial, 'trial');
  neurons = given.neurons;
  if isempty(neurons)
    neurons = 1:posterior.sizes.neuron;
  end
  lfads.internal.need_index(neurons, posterior.sizes.neuron, 'neurons');
  rates = double(posterior.rates_hz(neurons, :, trial));
  time = double(posterior.time_s(:)');
  middle = time + posterior.attributes.bin_width_s / 2;
  if given.sort
    filled = rates;
    filled(isnan(filled)) = -Inf;
    [~, peak] = max(filled, [], 2);
    [~, order] = sort(peak);
    rates = rates(order, :);
    neurons = neurons(order);
  end
  handle = lfads.internal.plot_axes(given.axes, 1, 18, 11);
  known = find(any(~isnan(rates), 1));  % bins behind the end of a trial stay white
  if ~isempty(known)
    imagesc(middle(known), 1:numel(neurons), rates(:, known), 'Parent', handle);
  end
  lfads.internal.paint(handle, rates);
  if ~isempty(given.data)
    dots_of(handle, given.data, posterior, neurons, trial, middle);
  end
  set(handle, 'YDir', 'reverse', 'XLim', [time(1), time(end) + posterior.attributes.bin_width_s], ...
      'YLim', [0.5, numel(neurons) + 0.5], 'YTick', unique(round(linspace(1, numel(neurons), 6))));
  xlabel(handle, 'time (s)');
  ylabel(handle, 'neuron');
  title(handle, title_of(posterior, trial), 'Interpreter', 'none', 'FontWeight', 'normal');
  lfads.internal.colour_scale(handle, posterior.units.rates_hz);
end


function dots_of(handle, data, posterior, neurons, trial, middle)
  lfads.internal.need_field(data, 'spikes', 'data', 'lfads.read_data');
  same = size(data.spikes, 1) == posterior.sizes.neuron && data.sizes.trial == posterior.sizes.trial;
  if ~same
    error('lfads:argument', '''data'' must hold the trials of the posterior: %d neurons, %d trials', ...
          posterior.sizes.neuron, posterior.sizes.trial);
  end
  first = find(abs(double(data.time_s(:)) - double(posterior.time_s(1))) < 1e-9, 1);
  spikes = double(data.spikes(neurons, first:first + numel(middle) - 1, trial));
  [row, column] = find(spikes > 0);
  plot(handle, middle(column), row, '.', 'Color', [1 1 1], 'MarkerSize', 9);
  plot(handle, middle(column), row, '.', 'Color', [0.85 0.1 0.1], 'MarkerSize', 5);
end


function text = title_of(posterior, trial)
  text = sprintf('trial %d (%s)', trial, posterior.split{trial});
  if isfield(posterior, 'condition')
    [number, labels] = lfads.internal.conditions_of(posterior);
    text = sprintf('%s, condition %s', text, labels{number(trial)});
  end
end
