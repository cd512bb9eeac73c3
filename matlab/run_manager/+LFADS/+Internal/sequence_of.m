function seq = sequence_of(info)
%SEQUENCE_OF  A struct array of trials, from what inputInfo_DATASET.mat holds.

  seq = struct('y', {}, 'y_time', {}, 'binWidthMs', {}, 'conditionId', {});
  for k = 1:size(info.counts, 3)
    one = struct('y', double(info.counts(:, :, k)), 'y_time', info.seq_timeVector(:)', ...
                 'binWidthMs', info.seq_binSizeMs, 'conditionId', []);
    if iscell(info.conditionId)
      one.conditionId = info.conditionId{k};
    elseif ~isempty(info.conditionId)
      one.conditionId = info.conditionId(k);
    end
    seq(k) = one;
  end
  for field = {'truth', 'externalInputs'; 'y_true', 'externalInputs'}  % columns: there, here
    if isfield(info, field{1})
      for k = 1:numel(seq)
        seq(k).(field{2}) = info.(field{1})(:, :, k);
      end
    end
  end
end
