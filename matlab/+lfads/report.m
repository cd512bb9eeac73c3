function file = report(run, varargin)
%REPORT  Write one page with figures that opens without a network.
%
%  LFADS.REPORT(RUN, NAME, VALUE, ...)
%  FILE = LFADS.REPORT(RUN, NAME, VALUE, ...)
%
%  The page is opened in the browser.
%
%  RUN                     What lfads.train gives, or the folder of a run.
%
%  'open'                  false leaves it closed.
%  'data'                  Data files of the same neurons; the training data by default. [text, or a cell of
%                          text]
%  'out'                   HTML file to write; report.html in the run's folder for the training data. An
%                          earlier report is replaced. [text]
%  'num_samples'           Posterior samples that are averaged. [whole number; default: 50]
%  'ensemble'              Members of a search whose rates are averaged, the best ones; all else is that of the
%                          best. [whole number; default: 1]
%  'no_baselines'          Leave out scores of smoothed spikes, PSTHs and constant rates, which stand beside.
%                          [true or false]
%  'bin_width_s'           Width of a bin in seconds, for files that do not say it; the run's by default.
%                          [number]
%  'overwrite'             Replace a file that is there already. [true or false]
%
%  See also lfads.evaluate, lfads.infer

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
