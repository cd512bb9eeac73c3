function [posterior, session_names] = read_posterior(path, varargin)
%READ_POSTERIOR  Read what a run infers: rates, factors, inputs and initial conditions, with named dimensions.
%
%  POSTERIOR = LFADS.READ_POSTERIOR(PATH, NAME, VALUE, ...)
%  [POSTERIOR, SESSION_NAMES] = LFADS.READ_POSTERIOR(PATH, NAME, VALUE, ...)
%
%  PATH                    Folder of a run, whose posterior.nc is read; or a file that lfads.infer wrote.
%
%  'session'               Which session, of a posterior of several; all of them by default.
%
%  POSTERIOR is a struct with an array for each that was inferred; of several sessions, a struct with a field
%  for each, and SESSION_NAMES has their names.
%
%  rates_hz (neuron x time x trial, spikes/s), factors (factor x time x trial), inferred_inputs (input x time x
%  trial), initial_condition_mean (latent x trial), generator_initial_state (unit x trial), each with its
%  spread as ..._std; time_s (start of each bin), split, condition, trial_index and the columns of the trials
%  and neurons.
%
%  Names end in units, indices count from 1. POSTERIOR.axes names the axes of each array, POSTERIOR.units its
%  unit, POSTERIOR.sizes has the size of each axis (MATLAB drops axes of size 1 at the end),
%  POSTERIOR.attributes says where it comes from. Bins behind the end of a trial are NaN.
%
%  Example
%    posterior = lfads.read_posterior('runs/first');
%    plot(posterior.time_s, squeeze(posterior.rates_hz(1, :, 1)))
%
%  See also lfads.infer, lfads.plot_trial, lfads.plot_psth

  given = lfads.internal.named(varargin);
  given.path = lfads.internal.path_text(path, 'path');
  [answer, arrays] = lfads.internal.call('read-posterior', given);
  [posterior, session_names] = lfads.internal.by_session(answer, arrays.posterior);
end
