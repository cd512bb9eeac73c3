function file = report(run, varargin)
%REPORT

  [opened, given] = lfads.internal.taken(lfads.internal.named(varargin), 'open', true);
  [answer, text] = lfads.internal.on_run('report', run, {given});
  lfads.internal.said(text, nargout);
  page = lfads.internal.absolute(answer.out);
  if opened
    lfads.internal.open_page(page);
  end
  if nargout > 0
    file = page;
  end
end
