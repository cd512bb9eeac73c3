function arrays = arrays_of_analysis(answer)
%ARRAYS_OF_ANALYSIS  The arrays that an analysis wrote: a struct, or a cell of structs, one a session.

  files = cellstr(answer.files);
  arrays = {};
  for k = 1:numel(files)
    [~, ~, suffix] = fileparts(files{k});
    if strcmp(suffix, '.nc')
      [~, read] = lfads.internal.call('read-analysis', struct('path', files{k}));
      arrays{end + 1} = read.posterior.analysis;
    end
  end
  if numel(arrays) == 1
    arrays = arrays{1};
  end
end
