function arrays = read_result(folder, reply)
%READ_RESULT  The arrays of a reply, those from files of their own in their places.

  arrays = struct();
  file = fullfile(folder, 'result.mat');
  if lfads.internal.is_file(file)
    arrays = load(file);
  end
  files = reply.files;
  if iscell(files)
    files = [files{:}];
  end
  for k = 1:numel(files)
    found = load(fullfile(folder, files(k).file));
    value = found.x;
    if ~strcmp(class(value), files(k).class)
      value = feval(files(k).class, value);
    end
    place = cellstr(files(k).place);
    arrays = subsasgn(arrays, lfads.internal.fields_at(place), value);
  end
end
