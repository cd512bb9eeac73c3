function plot_space(handle, posterior, rows, trials)
%PLOT_SPACE  Averages of conditions as paths through two or three factors; a dot where they begin.

  if ~any(numel(rows) == [2 3])
    error('lfads:argument', '''space'' draws two or three factors; got %d', numel(rows));
  end
  drawn = lfads.internal.shown_trials(posterior, trials);
  for k = 1:numel(drawn.used)
    own = drawn.trials(drawn.number(drawn.trials) == drawn.used(k));
    path = lfads.internal.mean_over(double(posterior.factors(rows, :, own)), 3);
    line_and_start(handle, path, drawn.colours(k, :));
  end
  xlabel(handle, sprintf('factor %d', rows(1)));
  ylabel(handle, sprintf('factor %d', rows(2)));
  if numel(rows) == 3
    zlabel(handle, sprintf('factor %d', rows(3)));
    view(handle, 35, 25);
    set(handle, 'XGrid', 'on', 'YGrid', 'on', 'ZGrid', 'on');
  end
  axis(handle, 'tight');
  set(handle, 'XTickLabel', {}, 'YTickLabel', {}, 'ZTickLabel', {});  % factors have no unit
  lfads.internal.name_conditions(handle, drawn.colours, drawn.labels, drawn.is_known);
end


function line_and_start(handle, path, colour)
  start = {'o', 'Color', colour, 'MarkerFaceColor', colour, 'MarkerSize', 5};
  if size(path, 1) == 2
    plot(handle, path(1, :), path(2, :), '-', 'Color', colour, 'LineWidth', 2);
    plot(handle, path(1, 1), path(2, 1), start{:});
  else
    plot3(handle, path(1, :), path(2, :), path(3, :), '-', 'Color', colour, 'LineWidth', 2);
    plot3(handle, path(1, 1), path(2, 1), path(3, 1), start{:});
  end
end
