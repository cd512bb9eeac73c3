function [found, arrays] = analyse(run, name, varargin)
%ANALYSE  Put a question to a run or its results, such as how well behaviour can be decoded from them.
%
%  FOUND = LFADS.ANALYSE(RUN, NAME, NAME, VALUE, ...)
%  [FOUND, ARRAYS] = LFADS.ANALYSE(RUN, NAME, NAME, VALUE, ...)
%
%  All other names are choices of the analysis, such as 'num_folds', 10, or 'behavior', 'hand_vel'.
%
%  RUN                     What lfads.train gives, or the folder of a run.
%  NAME                    The analysis, one of those that `lfads parts analyses` lists, such as decoding.
%
%  'data'                  Data files of the same neurons; the training data by default. [text, or a cell of
%                          text]
%  'out'                   Folder for NAME.nc and NAME.png; `analyses` in the run's folder for the training
%                          data. Of a video (video-rotations, …) the folder, or the video's name: x.mp4 where
%                          ffmpeg is, x.webp or x.gif. [text]
%  'bin_width_s'           Width of a bin in seconds, for files that do not say it; the run's by default.
%                          [number]
%  'overwrite'             Replace a file that is there already. [true or false]
%
%  FOUND is a struct: sessions, the numbers of each, and files, the figure and the arrays. ARRAYS is a struct
%  of the arrays by their names, with axes, units and sizes beside them.
%
%  See also lfads.evaluate, lfads.report

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
