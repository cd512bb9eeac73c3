function scores = evaluate(run, varargin)
%EVALUATE

  [answer, text] = lfads.internal.on_run('evaluate', run, varargin);
  lfads.internal.said(text, nargout);
  if nargout > 0
    scores = answer;
  end
end
