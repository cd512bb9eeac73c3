function handle = plot_training(run, varargin)
%PLOT_TRAINING  How training and validation went, epoch by epoch.
%
%   HANDLE = LFADS.PLOT_TRAINING(RUN, NAME, VALUE, ...)
%
%   RUN    what lfads.train gives, or the folder of a run
%
%   'axes' axes to draw into; a figure of its own by default
%
%   See also lfads.train, lfads.read_training

  given = lfads.internal.plot_options(varargin, struct());
  [training, summary] = lfads.read_training(run);
  handle = lfads.internal.plot_axes(given.axes, 1, 18, 11);
  colours = lfads.internal.colours(2);
  plot(handle, training.epoch, training.train_nll, '-', 'Color', colours(1, :), 'LineWidth', 2.5);
  plot(handle, training.epoch, training.valid_nll, '-', 'Color', colours(2, :), 'LineWidth', 2.5);
  labels = {'training', 'validation'};
  if isfield(summary, 'best_epoch') && ~isempty(summary.best_epoch)
    at = find(training.epoch == summary.best_epoch, 1);
    if ~isempty(at)
      plot(handle, training.epoch(at), training.valid_nll(at), 'o', 'Color', colours(2, :), ...
           'MarkerFaceColor', [1 1 1], 'MarkerSize', 9, 'LineWidth', 2);
      labels{3} = sprintf('best: %d', summary.best_epoch);
      colours(3, :) = colours(2, :);
    end
  end
  last = max(training.epoch(end), training.epoch(1) + 1);
  set(handle, 'XLim', [training.epoch(1), last]);
  xlabel(handle, 'epoch');
  ylabel(handle, 'nats per sample');
  title(handle, 'negative log-likelihood', 'FontWeight', 'normal');
  lfads.internal.name_lines(handle, colours, labels, '');
end
