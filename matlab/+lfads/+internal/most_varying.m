function rows = most_varying(values, number)
%MOST_VARYING  The rows of an array that vary most over time and trials, the most varying first.

  flat = reshape(double(values), size(values, 1), []);
  [~, spread] = lfads.internal.mean_over(flat, 2);
  spread(isnan(spread)) = 0;
  [~, order] = sort(spread, 'descend');
  rows = reshape(order(1:min(number, numel(order))), 1, []);
end
