function name_lines(handle, colours, labels, heading)
%NAME_LINES  What each colour stands for, in its colour, right of the axes: nothing is hidden behind it.

  words = [{heading}, reshape(labels, 1, [])];
  for k = 1:numel(words)
    if numel(words{k}) > 14
      words{k} = [words{k}(1:12) '..'];
    end
  end
  colours = [0.3 0.3 0.3; colours];
  units = get(handle, 'Units');
  set(handle, 'Units', 'centimeters');
  place = get(handle, 'Position');
  set(handle, 'Units', units);
  step = 0.62 * get(handle, 'FontSize') / 14 / place(4);  % of the height, a line of letters
  for k = 1:numel(words)
    text(1.03, 1 - (k - 0.5) * step, words{k}, 'Parent', handle, 'Units', 'normalized', ...
         'Color', colours(k, :), ...
         'FontSize', get(handle, 'FontSize'), 'FontWeight', 'bold', ...
         'Interpreter', 'none', 'HorizontalAlignment', 'left', ...
         'VerticalAlignment', 'middle');
  end
end
