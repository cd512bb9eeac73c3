function [posterior, session_names] = read_posterior(path, varargin)
%READ_POSTERIOR

  given = lfads.internal.named(varargin);
  given.path = lfads.internal.path_text(path, 'path');
  [answer, arrays] = lfads.internal.call('read-posterior', given);
  [posterior, session_names] = lfads.internal.by_session(answer, arrays.posterior);
end
