function [found, arrays] = analyse(run, name, varargin)
%ANALYSE

  given = lfads.internal.named(varargin);
  flags = {'data', 'out', 'bin_width_s', 'overwrite'};
  asked = struct('name', name);
  chosen = {};
  names = fieldnames(given);
  for k = 1:numel(names)
    if any(strcmp(names{k}, flags))
      asked.(names{k}) = given.(names{k});
    else
      chosen{end + 1} = sprintf('%s=%s', names{k}, lfads.internal.choice_text(given.(names{k}), names{k}));
    end
  end
  if ~isempty(chosen)
    asked.choose = chosen;
  end
  [answer, text] = lfads.internal.on_run('analyse', run, {asked});
  lfads.internal.said(text, nargout);
  if nargout > 0
    found = answer;
  end
  if nargout > 1
    arrays = lfads.internal.arrays_of_analysis(answer);
  end
end
