function paint(handle, values)
%PAINT  Colours of an image: from the least to the largest value, also where all are alike or missing.

  known = values(isfinite(values));
  if isempty(known)
    known = [0; 1];
  end
  low = min(known);
  high = max(known);
  if high <= low
    high = low + max(abs(low), 1) * 1e-3;
  end
  colormap(handle, lfads.internal.shades(128));
  set(handle, 'CLim', [low high]);
end
