function [data, session_names] = read_data(path, varargin)
%READ_DATA

  given = lfads.internal.named(varargin);
  given.path = lfads.internal.path_text(path, 'path');
  [answer, arrays] = lfads.internal.call('read-data', given);
  [data, session_names] = lfads.internal.by_session(answer, arrays.posterior);
end
