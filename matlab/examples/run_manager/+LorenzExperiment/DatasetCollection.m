classdef DatasetCollection < LFADS.DatasetCollection
  methods
    function dc = DatasetCollection(path)
      dc = dc@LFADS.DatasetCollection(path);
    end
  end
end
