function [handles, own] = plot_axes(given, rows, width_cm, height_cm)
%PLOT_AXES  Axes to draw into: those that were given, or as many rows in a figure of their own.
%
%   The letters of a figure of its own can be read from the last row.

  own = isempty(given);
  if ~own
    handles = reshape(given, 1, []);
    if numel(handles) ~= rows || ~all(ishghandle(handles)) || ~all(strcmp(get(handles, 'Type'), 'axes'))
      error('lfads:argument', '''axes'' must be %d axes, as axes() and subplot() give them', rows);
    end
    for k = 1:rows
      set(handles(k), 'NextPlot', 'add', 'Box', 'off', 'TickDir', 'out', 'Layer', 'top');
    end
    return
  end
  canvas = figure('Color', 'w', 'Units', 'centimeters', 'PaperUnits', 'centimeters', ...
                  'PaperPosition', [0 0 width_cm height_cm], 'PaperSize', [width_cm height_cm]);
  place = get(canvas, 'Position');
  set(canvas, 'Position', [place(1) place(2) width_cm height_cm]);
  bottom = min(0.3, 1.9 / height_cm);
  top = min(0.2, 1.2 / height_cm);
  gap = min(0.12, 0.9 / height_cm);
  left = 2.7 / width_cm;
  right = 3.6 / width_cm;  % what colours stand for
  height = (1 - bottom - top - (rows - 1) * gap) / rows;
  for k = 1:rows
    place = [left, bottom + (rows - k) * (height + gap), 1 - right - left, height];
    made = axes('Parent', canvas, 'Position', place);
    if k == 1
      handles = made;
    else
      handles(k) = made;
    end
    set(made, 'FontSize', 14, 'LineWidth', 1, 'NextPlot', 'add', 'Box', 'off', 'TickDir', 'out', 'Layer', 'top');
  end
end
