function write_request(folder, command, given, arrays)
%WRITE_REQUEST  Write request.json and data.mat into a folder.

  sizes = struct();
  names = fieldnames(arrays);
  largest = 0;
  for k = 1:numel(names)
    value = arrays.(names{k});
    lfads.internal.check_array(value, names{k});
    sizes.(names{k}) = num2cell(size(value));
    about = whos('value');
    largest = max(largest, about.bytes);
  end
  if ~isempty(names)
    lfads.internal.save_arrays(fullfile(folder, 'data.mat'), arrays, largest);
  end
  if iscell(given) && numel(given) == 1
    given = {given{1}};
  end
  request = struct('format_version', 1, 'command', command);
  request.arguments = given;
  request.sizes = sizes;
  request.bytes_as_text = lfads.internal.is_octave();
  lfads.internal.write_text(fullfile(folder, 'request.json'), jsonencode(request));
end
