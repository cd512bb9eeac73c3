// Draws the rows of neurons when they come into view; the page works from a file, without a network.
"use strict";
(() => {
  const about = JSON.parse(document.getElementById("psth-data").textContent);
  const list = document.getElementById("psth-rows");
  const count = document.getElementById("psth-count");
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const NONE = 255, AT_ONCE = 6;
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  const decoded = about.sessions.map(() => null);

  function values(number) {
    if (decoded[number] === null) {
      const of = about.sessions[number];
      decoded[number] = { average: bytes(of.average), single: bytes(of.single) };
    }
    return decoded[number];
  }

  function draw(canvas, session, neuron, method) {
    const of = about.sessions[session];
    const all = values(session);
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const bins = about.sessions[session].time.length;
    const left = 34, right = 6, gap = 8, foot = 14, half = (height - gap - foot) / 2;
    const x = (t) => left + ((width - left - right) * t) / Math.max(bins - 1, 1);
    [["average", of.drawn, of.rangeAverage], ["single", of.shown, of.rangeSingle]].forEach(
      ([kind, lines, range], part) => {
        const top = part * (half + gap) + 4, floor = top + half - 4;
        const [low, high] = range[neuron];
        pen.strokeStyle = "#8a8a8a";
        pen.lineWidth = 0.7;
        pen.beginPath();
        pen.moveTo(left, top);
        pen.lineTo(left, floor);
        pen.lineTo(width - right, floor);
        pen.stroke();
        const zero = of.time.findIndex((s) => s >= 0);
        if (of.time[0] < 0 && zero > 0) {
          pen.setLineDash([2, 2]);
          pen.beginPath();
          pen.moveTo(x(zero), top);
          pen.lineTo(x(zero), floor);
          pen.stroke();
          pen.setLineDash([]);
        }
        pen.fillStyle = "#262626";
        pen.font = "9px sans-serif";
        pen.textAlign = "right";
        pen.fillText(high.toPrecision(3) * 1, left - 3, top + 7);
        pen.fillText(low.toPrecision(3) * 1, left - 3, floor);
        const size = lines.length * bins;
        const first = (neuron * about.methods.length + method) * size;
        lines.forEach((condition, line) => {
          pen.strokeStyle = of.colors[condition];
          pen.lineWidth = kind === "average" ? 1.3 : 0.7;
          pen.beginPath();
          let down = false;
          for (let t = 0; t < bins; t++) {
            const value = all[kind][first + line * bins + t];
            if (value === NONE) { down = false; continue; }
            const y = floor - ((floor - top) * value) / 254;
            if (down) pen.lineTo(x(t), y); else pen.moveTo(x(t), y);
            down = true;
          }
          pen.stroke();
        });
      }
    );
    pen.textAlign = "left";
    pen.fillText(`${of.time[0].toPrecision(2) * 1} s`, left, height - 3);
    pen.textAlign = "right";
    pen.fillText(`${of.time[bins - 1].toPrecision(2) * 1} s`, width - right, height - 3);
  }

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      fill(entry.target);
    }
  }, { rootMargin: "400px" });

  function fill(row) {
    if (row.querySelector("canvas")) return;
    seen.unobserve(row);
    const neuron = Number(row.dataset.neuron);
    const of = about.sessions[Number(row.dataset.session)];
    about.methods.forEach((method, number) => {
      const cell = document.createElement("div");
      const told = of.r[number][neuron];
      const head = document.createElement("small");
      head.textContent = method + (told === null ? "" : `  r = ${told.toFixed(2)}`);
      const canvas = document.createElement("canvas");
      cell.append(head, canvas);
      row.append(cell);
    });
    drawRow(row);  // once all columns are there, which share its width
  }

  function drawRow(row) {
    row.querySelectorAll("canvas").forEach((canvas, number) =>
      draw(canvas, Number(row.dataset.session), Number(row.dataset.neuron), number));
  }

  const rows = [];
  about.sessions.forEach((of, session) => {
    of.neurons.forEach((name, neuron) => {
      const row = document.createElement("div");
      row.className = "psth-row";
      row.dataset.session = session;
      row.dataset.neuron = neuron;
      const title = document.createElement("b");
      title.textContent = (about.sessions.length > 1 ? of.name + ", " : "") + name;
      row.append(title);
      rows.push({ row, words: title.textContent.toLowerCase(), told: of.r[1][neuron] ?? -2, place: rows.length });
    });
  });

  function show() {
    const wanted = document.getElementById("psth-search").value.trim().toLowerCase();
    const exact = /^\d+$/.test(wanted);
    const found = rows.filter(({ words }) =>
      exact ? new RegExp(`(^|\\D)${wanted}(\\D|$)`).test(words) : words.includes(wanted));
    if (document.getElementById("psth-sort").value === "r") found.sort((a, b) => b.told - a.told);
    else found.sort((a, b) => a.place - b.place);
    list.replaceChildren(...found.map(({ row }) => row));
    found.forEach(({ row }, place) => {
      if (place < AT_ONCE) fill(row);
      else if (!row.querySelector("canvas")) seen.observe(row);
    });
    count.textContent = `${found.length} of ${rows.length}`;
  }
  document.getElementById("psth-search").addEventListener("input", show);
  document.getElementById("psth-sort").addEventListener("change", show);
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => list.querySelectorAll(".psth-row").forEach(drawRow), 200);
  });
  show();
})();
