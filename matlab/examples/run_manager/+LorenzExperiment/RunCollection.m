classdef RunCollection < LFADS.RunCollection
  methods
    function rc = RunCollection(varargin)
      rc = rc@LFADS.RunCollection(varargin{:});
    end
  end
end
