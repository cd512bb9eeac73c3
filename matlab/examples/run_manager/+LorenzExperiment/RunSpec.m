classdef RunSpec < LFADS.RunSpec
  methods
    function spec = RunSpec(varargin)
      spec = spec@LFADS.RunSpec(varargin{:});
    end
  end
end
