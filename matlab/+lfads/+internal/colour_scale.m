function bar = colour_scale(handle, unit)
%COLOUR_SCALE  A scale beside an image, with its unit above.

  bar = colorbar('peer', handle);
  set(bar, 'FontSize', get(handle, 'FontSize'));
  text(1.03, 1.07, unit, 'Parent', handle, 'Units', 'normalized', ...
       'FontSize', get(handle, 'FontSize'), 'Interpreter', 'none');
end
