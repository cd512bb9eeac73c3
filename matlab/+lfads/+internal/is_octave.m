function found = is_octave()
%IS_OCTAVE  Whether this is GNU Octave.

  found = exist('OCTAVE_VERSION', 'builtin') ~= 0;
end
