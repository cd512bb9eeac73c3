function map = shades(number)
%SHADES  A map of colours whose lightness rises evenly, from dark blue to yellow.

  anchors = [68 1 84; 72 40 120; 62 74 137; 49 104 142; 38 130 142; 31 158 137; 53 183 121; 109 205 89; ...
             180 222 44; 253 231 37] / 255;
  places = linspace(1, size(anchors, 1), max(number, 2))';
  map = interp1((1:size(anchors, 1))', anchors, places(1:number));
end
