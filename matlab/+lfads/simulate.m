function file = simulate(name, out, varargin)
%SIMULATE

  given = lfads.internal.named(varargin);
  given.name = name;
  given.out = lfads.internal.path_text(out, 'out');
  [answer, ~, text] = lfads.internal.call('simulate', given);
  lfads.internal.said(text, nargout);
  if nargout > 0
    file = lfads.internal.absolute(answer.out);
  end
end
