function plot_lines(handles, values, name, posterior, given)
%PLOT_LINES  Rows of an array, one into each axes: single trials thin, averages of conditions bold.
%
%   Of more than seven conditions only averages are drawn.
%
%   VALUES is row x time x trial.

  drawn = lfads.internal.shown_trials(posterior, given.trials);
  bold = 2.5;
  if numel(drawn.used) > 7
    bold = 1.2;
    given.most_single = 0;  % nothing could be told apart
  end
  time = double(posterior.time_s(:)) + posterior.attributes.bin_width_s / 2;
  for row = 1:size(values, 1)
    handle = handles(row);
    all_of_it = reshape(double(values(row, :, :)), numel(time), []);
    for k = 1:numel(drawn.used)
      own = drawn.trials(drawn.number(drawn.trials) == drawn.used(k));
      pale = 1 - 0.35 * (1 - drawn.colours(k, :));
      shown = own(round(linspace(1, numel(own), min(numel(own), given.most_single))));
      if ~isempty(shown)
        plot(handle, time, all_of_it(:, shown), '-', 'Color', pale, 'LineWidth', 0.5);
      end
    end
    for k = 1:numel(drawn.used)
      own = drawn.trials(drawn.number(drawn.trials) == drawn.used(k));
      average = lfads.internal.mean_over(all_of_it(:, own), 2);
      plot(handle, time, average, '-', 'Color', drawn.colours(k, :), 'LineWidth', bold);
    end
    set(handle, 'XLim', [time(1), time(end)]);
    ylabel(handle, sprintf('%s %d', name, given.rows(row)));
    if row < size(values, 1)
      set(handle, 'XTickLabel', {});
    else
      xlabel(handle, 'time (s)');
    end
    if row == 1
      lfads.internal.name_conditions(handle, drawn.colours, drawn.labels, drawn.is_known);
    end
  end
end
