function save_arrays(file, arrays, largest)
%SAVE_ARRAYS  Write fields of a struct as variables: version 7, or 7.3 where one takes 2 GB or more.

  if largest < 2^31 - 2^20
    save(file, '-struct', 'arrays', '-v7');
  elseif lfads.internal.is_octave()
    error('lfads:argument', ...
          ['an array takes %.1f GB, and Octave writes less than 2 GB an array: ' ...
           'give single or uint8, or fewer trials'], ...
          largest / 1e9);
  else
    save(file, '-struct', 'arrays', '-v7.3');
  end
end
