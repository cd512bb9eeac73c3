function [posterior, file] = infer(run, varargin)
%INFER  Infer rates, factors, inputs and initial conditions, averaged over the posterior.
%
%  POSTERIOR = LFADS.INFER(RUN, NAME, VALUE, ...)
%  [POSTERIOR, FILE] = LFADS.INFER(RUN, NAME, VALUE, ...)
%
%  RUN                     What lfads.train gives, or the folder of a run.
%
%  'data'                  Data files of the same neurons; the training data by default. [text, or a cell of
%                          text]
%  'out'                   NetCDF file to write, or one of another suffix that `lfads parts formats` lists;
%                          posterior.nc in the run's folder for the training data. For windows of a continuous
%                          recording, merged results go to continuous.nc there, or to NAME.continuous.nc beside
%                          NAME.nc. [text]
%  'num_samples'           Posterior samples that are averaged. [whole number; default: 50]
%  'seed'                  Of the samples. [whole number; default: 0]
%  'generator_states'      Write the generator's states, too. [true or false]
%  'ensemble'              Members of a search whose rates are averaged, the best ones. [whole number; default:
%                          1]
%  'refine'                Steps that each trial's own posterior takes from where the encoders left it, up the
%                          evidence lower bound; 60 is enough, 0 leaves it there. What was done is kept beside
%                          the file until it is written: the same command goes on after one that was broken
%                          off. [whole number; default: 0]
%  'context_bins'          Of windows of a continuous recording: bins before and behind each that are inferred
%                          with it; a fifth of a window if not said, 0 for none. [whole number]
%  'bin_width_s'           Width of a bin in seconds, for files that do not say it; the run's by default.
%                          [number]
%  'overwrite'             Replace a file that is there already. [true or false]
%
%  POSTERIOR is what lfads.read_posterior reads from FILE.
%
%  See also lfads.read_posterior, lfads.evaluate, lfads.plot_trial

  [answer, text] = lfads.internal.on_run('infer', run, varargin);
  lfads.internal.said(text, nargout);
  if nargout > 0
    file = lfads.internal.absolute(answer.out);
    posterior = lfads.read_posterior(file);
  end
end
