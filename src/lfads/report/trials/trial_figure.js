// Draws a trial: axes with units, rasters, images of rates, lines with bands. Knows nothing of the page.
"use strict";
const trialFigure = (() => {
  const LEFT = 58, RIGHT = 12, TOP = 8, FOOT = 34, STRIP = 18, NONE_AT_ALL = NaN;
  const LIGHT = ["#0072b2", "#d55e00", "#00795a", "#b0508a", "#8a5c00", "#2b8ecb", "#882255", "#262626"];
  const DARK = ["#6cb8ea", "#ff9a5c", "#4fd0a6", "#e6a0cc", "#f0c05a", "#a9d8f7", "#e08ab8", "#e6e8eb"];
  const DASHES = [[], [], [], [], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2]];
  const VIRIDIS = ["440154", "482878", "3e4a89", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"]
    .map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));

  const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  const color = (k) => (dark() ? DARK : LIGHT)[k % 8];
  let known = null;  // asking for styles makes the browser lay out the page
  const paints = () => {
    const is = dark();
    if (known && known.is === is) return known;
    const style = getComputedStyle(document.body);
    const of = (name) => style.getPropertyValue(name).trim();
    known = { is, ink: of("--ink"), soft: of("--soft"), line: of("--line"), panel: of("--panel"), back: of("--back"),
      missing: is ? "#7a5a20" : "#f7c899", held: is ? "#ff9a5c" : "#d55e00" };
    return known;
  };
  function shade(share) {
    const at = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1), k = Math.min(Math.floor(at), VIRIDIS.length - 2);
    return [0, 1, 2].map((c) => Math.round(VIRIDIS[k][c] + (at - k) * (VIRIDIS[k + 1][c] - VIRIDIS[k][c])));
  }
  const SHADES = Uint32Array.from({ length: 256 }, (_, k) => {  // as a picture has them: red in the lowest byte
    const [red, green, blue] = shade(k / 255);
    return (255 << 24) | (blue << 16) | (green << 8) | red;
  });
  const format = (value) => {
    if (!Number.isFinite(value)) return "–";
    const text = Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
      ? value.toExponential(1) : String(Number(value.toPrecision(3)));
    return text.replace("-", "−");
  };
  function ticks(low, high, most) {
    const span = high - low;
    if (!(span > 0)) return [low];
    const rough = span / most, size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * size).find((one) => one >= rough * 0.999);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * span; k++) found.push(Number((k * step).toPrecision(12)));
    return found;
  }

  // A canvas as large as its place, its pen, and where in it values lie.
  function open(canvas, height, of, length, top = TOP) {
    const ratio = Math.max(window.devicePixelRatio || 1, 1), width = Math.max(canvas.clientWidth, 200);
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = "12px system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif";
    pen.lineWidth = 1;
    const bins = of.time_s.length, begin = of.time_s[0], end = of.time_s[bins - 1] + of.bin_width_s;
    const box = { left: LEFT, top, right: width - RIGHT, floor: height - FOOT };
    const x = (s) => box.left + ((box.right - box.left) * (s - begin)) / (end - begin);
    const paint = paints();
    if (length < bins) {  // nothing was recorded there
      pen.fillStyle = paint.line;
      pen.globalAlpha = 0.6;
      const from = x(of.time_s[length]);
      pen.fillRect(from, box.top, box.right - from, box.floor - box.top);
      pen.globalAlpha = 1;
    }
    return { pen, box, x, begin, end, width, height, paint };
  }

  function frame(at, of, unit, low, high, length) {
    const { pen, box, x, paint, begin, end } = at;
    pen.setLineDash([]);
    pen.strokeStyle = paint.soft;
    pen.fillStyle = paint.ink;
    pen.beginPath();
    pen.moveTo(box.left, box.top);
    pen.lineTo(box.left, box.floor);
    pen.lineTo(box.right, box.floor);
    pen.stroke();
    pen.textAlign = "center";
    for (const tick of ticks(begin, end, Math.max(2, Math.floor((box.right - box.left) / 90)))) {
      pen.fillRect(x(tick), box.floor, 1, 4);
      pen.fillText(format(tick), x(tick), box.floor + 17);
    }
    pen.textAlign = "right";
    pen.fillStyle = paint.soft;
    pen.fillText("time (s)", box.right, box.floor + 31);
    if (begin < 0 && end > 0) stroke(pen, paint.soft, [2, 2], [[x(0), box.top], [x(0), box.floor]]);
    const forward = of.forward_bins ? length - of.forward_bins : -1;
    if (forward >= 0 && forward < length) {
      const from = x(of.time_s[forward]);
      stroke(pen, paint.held, [6, 3], [[from, box.top], [from, box.floor]]);
    }
    if (unit === null) return null;
    const y = (value) => box.floor - ((box.floor - box.top) * (value - low)) / (high - low || 1);
    pen.fillStyle = paint.ink;
    for (const tick of ticks(low, high, Math.max(4, Math.floor((box.floor - box.top) / 34)))) {
      pen.fillRect(box.left - 4, y(tick), 4, 1);
      pen.fillText(format(tick), box.left - 7, y(tick) + 4);
    }
    sideways(at, unit);
    return y;
  }

  function sideways(at, words) {
    const { pen, box, paint } = at;
    pen.save();
    pen.fillStyle = paint.soft;
    pen.translate(13, (box.top + box.floor) / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "center";
    pen.fillText(words, 0, 0, box.floor - box.top + 24);
    pen.restore();
  }

  function stroke(pen, paint, dash, points) {
    pen.strokeStyle = paint;
    pen.setLineDash(dash);
    pen.beginPath();
    points.forEach(([a, b], k) => (k ? pen.lineTo(a, b) : pen.moveTo(a, b)));
    pen.stroke();
    pen.setLineDash([]);
  }

  function moment(at, t) {
    if (t === null) return;
    stroke(at.pen, at.paint.ink, [], [[at.x(t), at.box.top], [at.x(t), at.box.floor]]);
  }

  function raster(canvas, height, of, length, block, order, t, chosen) {
    const at = open(canvas, height, of, length), { pen, box, x, paint } = at;
    const rows = order.length, tall = (box.floor - box.top) / rows, wide = x(at.begin + of.bin_width_s) - box.left;
    const pile = [[], [], [], []];
    for (let k = 0; k < length; k++) for (let row = 0; row < rows; row++) {
      const count = block.raw[k * block.num + order[row]];
      if (count) pile[count === block.none ? 3 : Math.min(count, 3) - 1].push(k, row);
    }
    const thick = [Math.max(1, wide * 0.35), Math.max(1.5, wide * 0.6), Math.max(2, wide * 0.9), wide];
    pile.forEach((places, kind) => {
      pen.fillStyle = kind === 3 ? paint.missing : paint.ink;
      pen.globalAlpha = kind === 0 ? 0.75 : 1;
      for (let k = 0; k < places.length; k += 2) {
        const left = x(of.time_s[places[k]]) + (wide - thick[kind]) / 2;
        pen.fillRect(left, box.top + places[k + 1] * tall, thick[kind], Math.max(tall * 0.9, 0.8));
      }
    });
    pen.globalAlpha = 1;
    marks(at, of, order, tall, chosen);
    frame(at, of, null, 0, 1, length);
    sideways(at, "neurons");
    moment(at, t);
  }

  function marks(at, of, order, tall, chosen) {
    const { pen, box, paint } = at;
    order.forEach((neuron, row) => {
      const y = box.top + (row + 0.5) * tall, size = Math.min(Math.max(tall, 3), 7);
      if (of.held_out[neuron]) {
        pen.fillStyle = paint.held;
        pen.fillRect(box.left - 3 - size, y - size / 2, size, size);
      }
      const place = chosen.indexOf(neuron);
      if (place < 0) return;
      pen.fillStyle = color(place);
      pen.beginPath();
      pen.moveTo(box.left - 14, y);
      pen.lineTo(box.left - 24, y - 5);
      pen.lineTo(box.left - 24, y + 5);
      pen.fill();
    });
  }

  function image(canvas, height, of, length, block, order, top, t, chosen) {
    const at = open(canvas, height, of, length), { pen, box, x } = at;
    const rows = order.length, picture = new ImageData(Math.max(length, 1), rows), dots = new Uint32Array(picture.data.buffer);
    for (let row = 0; row < rows; row++) for (let k = 0; k < length; k++) {
      const value = value_of(block, k, order[row]), n = order[row];
      if (!Number.isFinite(value)) continue;
      const share = top === null ? (value - block.low[n]) / (block.high[n] - block.low[n] || 1) : Math.sqrt(Math.max(value, 0) / top);
      dots[row * picture.width + k] = SHADES[Math.round(255 * Math.min(share, 1))];
    }
    const small = document.createElement("canvas");
    small.width = picture.width;
    small.height = rows;
    small.getContext("2d").putImageData(picture, 0, 0);
    pen.imageSmoothingEnabled = false;
    if (length) pen.drawImage(small, box.left, box.top, x(of.time_s[length - 1] + of.bin_width_s) - box.left, box.floor - box.top);
    marks(at, of, order, (box.floor - box.top) / rows, chosen);
    frame(at, of, null, 0, 1, length);
    sideways(at, "neurons");
    moment(at, t);
  }

  const value_of = (block, bin, column) => {
    const raw = block.raw[bin * block.num + column];
    if (raw === block.none) return NONE_AT_ALL;
    return block.low[column] + ((block.high[column] - block.low[column]) * raw) / block.steps;
  };

  // Lines of one panel: each {block, column, spread, paint, dash, width}; ticks above are spikes.
  function lines(canvas, height, of, length, unit, drawn, range, t, spikes) {
    const at = open(canvas, height, of, length, spikes ? STRIP : TOP), { pen, box, x, paint } = at;
    const [low, high] = range;
    const y = frame(at, of, unit, low, high, length);
    const middle = (k) => x(of.time_s[k] + of.bin_width_s / 2);
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top - 2, box.right - box.left, box.floor - box.top + 3);
    pen.clip();
    if (low < 0 && high > 0) stroke(pen, paint.line, [], [[box.left, y(0)], [box.right, y(0)]]);
    for (const one of drawn.filter((each) => each.spread)) {
      pen.fillStyle = one.paint;
      pen.globalAlpha = 0.22;
      pen.beginPath();
      const edge = (k, sign) => value_of(one.block, k, one.column) + sign * value_of(one.spread, k, one.column);
      const known = [...Array(length).keys()].filter((k) => Number.isFinite(edge(k, 1)));
      known.forEach((k) => pen.lineTo(middle(k), y(edge(k, 1))));
      known.reverse().forEach((k) => pen.lineTo(middle(k), y(Math.max(edge(k, -1), one.least))));
      pen.fill();
      pen.globalAlpha = 1;
    }
    for (const one of drawn) {
      pen.strokeStyle = one.paint;
      pen.lineWidth = one.width;
      pen.setLineDash(one.dash);
      pen.beginPath();
      let down = false;
      for (let k = 0; k < length; k++) {
        const value = value_of(one.block, k, one.column);
        if (!Number.isFinite(value)) { down = false; continue; }
        if (down) pen.lineTo(middle(k), y(value)); else pen.moveTo(middle(k), y(value));
        down = true;
      }
      pen.stroke();
    }
    pen.restore();
    pen.setLineDash([]);
    for (const one of drawn) {
      pen.fillStyle = one.paint;
      for (let k = 0; k < length; k++) {
        const value = value_of(one.block, k, one.column), up = value > high;
        if (!up && !(value < low)) continue;  // of what is not known, neither
        const edge = up ? box.top : box.floor, way = up ? 1 : -1;
        pen.beginPath();
        pen.moveTo(middle(k), edge);
        pen.lineTo(middle(k) - 4, edge + way * 6);
        pen.lineTo(middle(k) + 4, edge + way * 6);
        pen.fill();
      }
    }
    if (spikes) {
      for (let k = 0; k < length; k++) {
        const count = spikes.block.raw[k * spikes.block.num + spikes.column], missing = count === spikes.block.none;
        pen.fillStyle = missing ? paint.missing : paint.ink;
        if (missing) pen.fillRect(x(of.time_s[k]), 2, x(of.time_s[k] + of.bin_width_s) - x(of.time_s[k]) + 0.5, 10);
        else if (count) pen.fillRect(middle(k) - 0.6 * Math.min(count, 3), 2, 1.2 * Math.min(count, 3), 10);
      }
    }
    moment(at, t);
  }

  // Lowest and highest of what is drawn in this trial, for axes of its own.
  function rangeHere(drawn, length) {
    let low = Infinity, high = -Infinity;
    for (const one of drawn) for (let k = 0; k < length; k++) {
      const value = value_of(one.block, k, one.column), sd = one.spread ? value_of(one.spread, k, one.column) : 0;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, Math.max(value - (sd || 0), one.least));
      high = Math.max(high, value + (sd || 0));
    }
    return low <= high ? [low, high] : [0, 1];
  }

  const timeAt = (canvas, of, clientX) => {
    const box = canvas.getBoundingClientRect(), end = of.time_s[of.time_s.length - 1] + of.bin_width_s;
    const share = (clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    return share < 0 || share > 1 ? null : of.time_s[0] + share * (end - of.time_s[0]);
  };
  const rowAt = (canvas, rows, clientY) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor((rows * (clientY - box.top - TOP)) / (box.height - TOP - FOOT));
    return row >= 0 && row < rows ? row : null;
  };
  return { raster, image, lines, rangeHere, value_of, timeAt, rowAt, color, dash: (k) => DASHES[k % 8], shade, format, paints };
})();
