function found = colours(number)
%COLOURS  As many colours as are needed, a row each, that people of all kinds of sight tell apart.
%
%   Up to seven are those of Okabe and Ito; more run from dark blue over green to yellow.

  few = [0 114 178; 213 94 0; 0 158 115; 204 121 167; 86 180 233; 230 159 0; 70 70 70] / 255;
  if number <= size(few, 1)
    found = few(1:number, :);
    return
  end
  found = lfads.internal.shades(number);
end
