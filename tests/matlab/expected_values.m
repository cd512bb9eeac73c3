function values = expected_values()
%EXPECTED_VALUES  A value of each class that travels, as the golden files hold them.

  values = struct();
  values.double_matrix = [1.5 -2; 0.1 1e300];
  values.double_cube = reshape(1:24, [2 3 4]);
  values.single_column = single([0.5; 1.5; 2.5]);
  values.int8_row = int8([-128 127]);
  values.int64_large = int64(2)^62;
  values.uint16_matrix = uint16([0 1; 2 65535]);
  values.logical_row = [true false true];
  values.one_logical = true;
  values.text = 'counts';
  values.no_text = '';
  values.empty = zeros(0, 3);
  values.cell_of_all = {1, 'two'; [], {int64(3)}};
  values.struct_of_all = struct('rates_hz', [1 2 3], 'name', 'M1', 'inner', struct('flag', false));
  values.struct_row = struct('spikes', {[1 0], [0 1 1]}, 'side', {'left', 'right'});
  values.missing = [NaN Inf -Inf];
end
