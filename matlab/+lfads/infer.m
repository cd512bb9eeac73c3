function [posterior, file] = infer(run, varargin)
%INFER

  [answer, text] = lfads.internal.on_run('infer', run, varargin);
  lfads.internal.said(text, nargout);
  if nargout > 0
    file = lfads.internal.absolute(answer.out);
    posterior = lfads.read_posterior(file);
  end
end
