function [average, spread, number] = mean_over(values, dimension)
%MEAN_OVER  Mean and standard deviation of what is known; NaN where nothing is.

  known = ~isnan(values);
  values(~known) = 0;
  number = sum(known, dimension);
  divisor = number;
  divisor(number == 0) = NaN;
  average = sum(values, dimension) ./ divisor;
  squares = sum(values.^2, dimension) ./ divisor - average.^2;
  spread = sqrt(max(squares, 0));
end
