function text = hash_of(lines)
%HASH_OF  Six characters (A-Z, a-z, 0-9, -, _) for lines of text, the same on every machine.
%
%   h <- mod(65599 h + byte, 2^36 - 5), which doubles hold exactly.

  bytes = double(unicode2native(strjoin(lines, char(10)), 'UTF-8'));
  value = numel(bytes);
  for k = 1:numel(bytes)
    value = mod(value * 65599 + bytes(k), 2^36 - 5);
  end
  letters = ['A':'Z' 'a':'z' '0':'9' '-_'];
  text = repmat('A', 1, 6);
  for k = 6:-1:1
    text(k) = letters(mod(value, 64) + 1);
    value = floor(value / 64);
  end
end
