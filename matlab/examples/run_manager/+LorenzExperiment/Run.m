classdef Run < LFADS.Run
  methods
    function r = Run(varargin)
      r = r@LFADS.Run(varargin{:});
    end

    function out = generateCountsForDataset(r, dataset, mode, varargin)
      data = dataset.loadData();
      from = find(data.timeMs >= r.params.firstMs);
      out.counts = double(data.spikes(:, :, from));
      out.timeVecMs = data.timeMs(from);
      out.conditionId = data.conditionId;
      out.truth = double(data.true_rates(:, :, from)) / 1000;
    end
  end
end
