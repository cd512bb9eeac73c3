// Steps through single trials: controls, keys, a link to each moment. Works from a file, and from the studio.
"use strict";
(() => {
  const root = document.getElementById("trials");
  if (!root) return;
  const MOST_LINES = 8, SOON_MS = 3000;
  const LATENT = ["factors", "inferred_inputs"];
  const { make, box } = trialControls;
  const columnsOf = (role) => (of.blocks.find((one) => one.role === role)?.columns || []).map((_, k) => k);
  let about, of, drawn = null, wanted = 0, at = { session: 0, position: 0, t: null, neurons: [], hidden: new Set() };
  let ui = {};

  const blocksOf = (buffer) => of.blocks.map((block) => {
    const num = block.num * of.time_s.length;
    return { ...block, raw: block.bytes === 1 ? new Uint8Array(buffer, block.offset, num) : new Uint16Array(buffer, block.offset, num) };
  });
  const find = (role) => drawn.find((block) => block.role === role);

  function order() {
    const all = of.neurons.map((_, k) => k), by = ui.order.value;
    const key = { rate: (k) => -of.mean[k], peak: (k) => of.peak[k], number: (k) => k }[by === "area" ? "rate" : by];
    return all.sort((a, b) => (by === "area" ? of.area[a].localeCompare(of.area[b]) : 0) || key(a) - key(b) || a - b);
  }
  const words = {
    neuron: (k) => [of.neurons[k], of.area && of.area[k], `mean ${trialFigure.format(of.mean[k])}${of.counts ? " spikes/s" : ""}`,
      of.held_out[k] && "held out"].filter(Boolean).join(", "),
    trial: () => [`Trial ${of.number[at.position]}`, of.condition && `condition ${of.condition[at.position]}`,
      { train: "training", valid: "validation", test: "test" }[of.split[at.position]],
      `${of.length[at.position]} bins of ${trialFigure.format(of.bin_width_s * 1000)} ms`].filter(Boolean).join(" · "),
  };

  // ----- the link to a moment
  function link() {
    const parts = new URLSearchParams();
    if (about.sessions.length > 1) parts.set("session", of.name);
    parts.set("trial", of.number[at.position]);
    if (at.t !== null) parts.set("t", Number(at.t.toFixed(4)));
    if (at.neurons.join() !== usual().join()) parts.set("neurons", at.neurons.join());
    return `#${parts.toString().replaceAll("%2C", ",")}`;
  }
  let remembering = 0;
  function remember() {  // browsers refuse more than some changes a second, as of a key that is held down
    clearTimeout(remembering);
    remembering = setTimeout(() => {
      try { history.replaceState(null, "", link()); } catch { /* a frame that has no address */ }
    }, 200);
  }
  function follow() {
    clearTimeout(remembering);
    const parts = new URLSearchParams(location.hash.slice(1)), named = parts.get("session");
    if (named !== null) {
      const found = about.sessions.findIndex((one) => one.name === named);
      if (found >= 0) choose(found); else say(`There is no session ${named} here.`);
    }
    const ask = parts.get("trial");
    const there = ask === null ? at.position : of.number.indexOf(Number(ask));
    const moment = parts.get("t");
    if (moment !== null && Number.isFinite(Number(moment))) at.t = within(Number(moment));
    const neurons = parts.get("neurons");
    if (neurons) {
      const asked = [...new Set(neurons.split(",").map(Number))];
      at.neurons = asked.filter((k) => Number.isInteger(k) && k >= 0 && k < of.neurons.length).slice(0, MOST_LINES);
      list();
    }
    go(there < 0 ? 0 : there);
    if (there < 0) say(`Trial ${ask} is not among the ${of.number.length} trials here; trial ${of.number[0]} is shown.`);
  }
  const within = (t) => Math.min(Math.max(t, of.time_s[0]), of.time_s[of.time_s.length - 1] + of.bin_width_s);

  // ----- going to a trial, and drawing it
  async function go(position) {
    at.position = Math.min(Math.max(position, 0), of.number.length - 1);
    const [session, place, turn] = [at.session, at.position, ++wanted], began = performance.now();
    ui.slider.value = place;
    ui.number.value = of.number[place];
    remember();
    say("");
    const waits = setInterval(() => {
      const seconds = Math.round((performance.now() - began) / 1000);
      if (turn === wanted) say(`Waiting for trial ${of.number[place]}, for ${seconds} s by now: the machine may be busy.`);
    }, SOON_MS);
    try {
      const buffer = await trialRecords.record(session, place);
      if (turn !== wanted) return;
      drawn = blocksOf(buffer);
      draw();
      ui.about.textContent = words.trial();
      document.dispatchEvent(new CustomEvent("trial-drawn", { detail: { number: of.number[place], ms: performance.now() - began } }));
      for (const near of [place + 1, place - 1]) if (near >= 0 && near < of.number.length && root.dataset.ahead !== "no") trialRecords.record(session, near).catch(() => {});
    } catch (error) {
      if (turn === wanted) say(`Trial ${of.number[place]} did not come: ${error.message}. What is drawn is the trial before; step on, or reload the page.`);
    } finally { clearInterval(waits); }
  }
  const say = (text) => { ui.said.textContent = text; ui.said.hidden = !text; };

  function draw() {
    if (!drawn) return;
    const length = of.length[at.position], rows = order(), tall = Math.min(Math.max(rows.length * 3, 140), 380);
    const spikes = find("spikes"), signals = find("signals"), rates = find("rates");
    if (spikes) trialFigure.raster(panel("spikes", "Spikes", ""), tall, of, length, spikes, rows, at.t, at.neurons);
    if (signals) trialFigure.image(panel("signals", "Signals, from the lowest to the highest of each channel", ""), tall, of, length, signals, rows, null, at.t, at.neurons);
    const top = of.counts ? of.top : null;
    const title = of.counts ? `${about.method} rates of all neurons` : `${about.method}, from the lowest to the highest of each channel`;
    trialFigure.image(panel("image", title, ""), tall, of, length, rates, rows, top, at.t, at.neurons);
    scale(top);
    at.neurons.forEach((neuron, place) => traces(neuron, place, length, spikes, signals, rates));
    for (let place = at.neurons.length; place < MOST_LINES; place++) panel(`rate-${place}`, null);
    overlaid("factors", "Factors", length);
    overlaid("inferred_inputs", "Inferred inputs", length);
    drawn.filter((block) => block.role === "measured").forEach((block, k) => {
      const entries = block.columns.map((_, column) => column).slice(0, MOST_LINES);
      several(`measured-${k}`, block.key, block, null, entries, length, block.unit || "as given");
    });
    ui.readout.textContent = readout(length, rates);
    ui.t.value = at.t === null ? "" : Number(at.t.toFixed(4));
  }

  function traces(neuron, place, length, spikes, signals, rates) {
    const spread = find("rates_std"), truth = find("true_rates"), least = of.counts ? 0 : -Infinity;
    const all = [];
    if (truth) all.push({ block: truth, column: neuron, paint: trialFigure.paints().ink, dash: [5, 3], width: 1.4, words: "true rate", least });
    if (signals) all.push({ block: signals, column: neuron, paint: trialFigure.paints().soft, dash: [], width: 1, words: "recorded", least });
    all.push({ block: rates, column: neuron, spread, paint: trialFigure.color(place), dash: [], width: 2, least,
      words: spread ? `${about.method}, band ± 1 s.d.` : about.method });
    const canvas = panel(`rate-${place}`, words.neuron(neuron), legend(all, spikes ? "spikes above" : ""));
    trialFigure.lines(canvas, 128, of, length, rates.unit, all, range(all, length), at.t, spikes ? { block: spikes, column: neuron } : null);
  }
  function overlaid(role, title, length) {
    const block = find(role);
    if (!block) return;
    const chosen = columnsOf(role).filter((k) => !at.hidden.has(`${role}${k}`));
    several(role, title, block, find(`${role}_std`), chosen, length, block.unit);
  }
  function several(key, title, block, spread, chosen, length, unit) {
    const all = chosen.map((column, k) => ({ block, column, spread, paint: trialFigure.color(k), dash: trialFigure.dash(k), width: 1.7,
      words: block.columns[column], least: -Infinity }));
    const left = block.columns.length - chosen.length;
    const rest = (spread ? "bands ± 1 s.d. " : "") + (left > 0 ? `${left} of ${block.columns.length} not drawn` : "");
    trialFigure.lines(panel(key, title, legend(all, rest)), 150, of, length, unit, all, range(all, length), at.t, null);
  }
  function range(all, length) {
    const least = all.length ? all[0].least : -Infinity;  // rates begin at 0: else noise would look like much
    const room = ([low, high]) => [least === -Infinity ? low : least, high + 0.04 * (high - low || 1)];
    if (!ui.same.checked) return room(trialFigure.rangeHere(all, length));
    const ends = all.map((one) => [Math.max(one.block.scale[0][one.column], one.least), one.block.scale[1][one.column]]);
    const [low, high] = [Math.min(...ends.map((one) => one[0])), Math.max(...ends.map((one) => one[1]))];
    return low < high ? room([low, high]) : [low, low + 1];
  }
  const legend = (all, rest) => [...all.filter((one) => one.words).map((one) => [one.paint, one.dash, one.words]), ...(rest ? [[null, [], rest]] : [])];

  function panel(key, title, keys = null) {
    let figure = document.getElementById(`trial-${key}`);
    if (title === null) { if (figure) figure.hidden = true; return null; }
    if (!figure) {
      figure = make("figure", "", { id: `trial-${key}`, className: "trial-panel" });
      figure.append(make("figcaption"), make("canvas"));
      figure.lastChild.setAttribute("role", "img");
      const side = ["spikes", "signals", "image"].includes(key) || key.startsWith("measured") ? ui.left : ui.right;
      const rate = /^rate-(\d)$/.exec(key);  // above factors
      const before = rate ? [...side.children].find((one) => !one.id.startsWith("trial-rate") || one.id > figure.id) : null;
      side.insertBefore(figure, before || null);
      figure.lastChild.addEventListener("click", (event) => pointed(event, key));
    }
    figure.hidden = false;
    const caption = figure.firstChild, canvas = caption.nextSibling;
    const said = JSON.stringify([title, keys]);
    if (figure.said !== said) caption.replaceChildren(make("b", title), ...(keys || []).map(trialControls.legend));  // else nothing moves
    figure.said = said;
    canvas.setAttribute("aria-label", `${title}, ${words.trial()}`);
    return canvas;
  }
  function scale(top) {
    if (ui.scaleLine.isConnected && ui.scaleLine.top === top) return;
    ui.scaleLine.top = top;
    ui.scaleLow.textContent = top === null ? "lowest" : "0";
    ui.scaleHigh.textContent = top === null ? "highest of the channel" : `${trialFigure.format(top)} spikes/s and more (square-root scale)`;
    document.getElementById("trial-image").append(ui.scaleLine);
  }
  function readout(length, rates) {
    if (at.t === null) return "No moment chosen: click into a panel, press h or l, or type a time.";
    const bin = Math.min(Math.floor((at.t - of.time_s[0]) / of.bin_width_s + 1e-6), of.time_s.length - 1);
    const where = `At ${trialFigure.format(at.t)} s`;
    if (bin >= length) return `${where}: behind the trial's end.`;
    const spread = find("rates_std");
    const said = at.neurons.map((k) => `${of.neurons[k]} ${trialFigure.format(trialFigure.value_of(rates, bin, k))}` +
      (spread ? ` ± ${trialFigure.format(trialFigure.value_of(spread, bin, k))}` : ""));
    return `${where}: ${said.join(", ")} ${rates.unit}.`;
  }

  // ----- what can be chosen
  function usual() {
    const moved = of.neurons.map((_, k) => k).sort((a, b) => of.swing[b] - of.swing[a] || a - b);
    const found = moved.slice(0, 4), held = moved.find((k) => of.held_out[k]);
    if (held !== undefined && !found.some((k) => of.held_out[k])) found[found.length - 1] = held;
    return found;
  }
  function choose(session) {
    of = about.sessions[session];
    const beyond = LATENT.flatMap((role) => columnsOf(role).slice(MOST_LINES).map((k) => `${role}${k}`));
    at = { ...at, session, position: 0, hidden: new Set(beyond) };
    at.neurons = usual();
    ui.session.value = session;
    ui.slider.max = of.number.length - 1;
    ui.of.textContent = `${of.number.length} trials here`;
    document.querySelectorAll(".trial-panel").forEach((one) => one.remove());
    ui.order.querySelector("[value=area]").hidden = !of.area;
    ui.order.querySelector("[value=area]").disabled = !of.area;
    ui.held.hidden = !of.held_out.some(Boolean);
    ui.forward.hidden = !of.forward_bins;
    list();
  }
  function list() {
    ui.neurons.replaceChildren(...order().map((k) => box(words.neuron(k), at.neurons.includes(k), (is) => toggled(k, is))));
    const parts = LATENT.flatMap((role) => columnsOf(role).map((k) => {
      const name = of.blocks.find((one) => one.role === role).columns[k];
      return box(name, !at.hidden.has(`${role}${k}`), (is) => shown(role, k, is));
    }));
    ui.parts.replaceChildren(...parts);
  }
  function shown(role, column, is) {
    const key = `${role}${column}`;
    if (is && columnsOf(role).filter((k) => !at.hidden.has(`${role}${k}`)).length >= MOST_LINES) {
      say(`At most ${MOST_LINES} lines in a panel: take one away first.`);
      return false;
    }
    if (is) at.hidden.delete(key); else at.hidden.add(key);
    draw();
    return true;
  }
  function toggled(neuron, is) {
    if (is && at.neurons.length >= MOST_LINES) { say(`At most ${MOST_LINES} neurons at once: take one away first.`); return false; }
    at.neurons = is ? [...at.neurons, neuron] : at.neurons.filter((k) => k !== neuron);
    say("");
    draw();
    remember();
    return true;
  }
  function pointed(event, key) {
    const row = ["spikes", "signals", "image"].includes(key) ? trialFigure.rowAt(event.target, of.neurons.length, event.clientY) : null;
    const t = trialFigure.timeAt(event.target, of, event.clientX);
    if (row !== null && t === null) {
      const neuron = order()[row];
      toggled(neuron, !at.neurons.includes(neuron));
      list();
    } else move(t);
  }
  function move(t) {
    at.t = t === null ? null : within(t);
    draw();
    remember();
  }
  function pressed(event) {
    // Letters mean nothing in fields of numbers and sliders, where arrows do.
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, textarea, input:not([type])")) return;
    const own = event.key.startsWith("Arrow") && event.target.closest("input, .trial-list");
    const steps = { j: 1, ArrowRight: 1, ArrowDown: 1, k: -1, ArrowLeft: -1, ArrowUp: -1 }, bins = { l: 1, h: -1 };
    if (event.key in steps && !own) go(at.position + steps[event.key]);
    else if (event.key in bins) move((at.t === null ? of.time_s[0] - (bins[event.key] > 0 ? of.bin_width_s : 0) : at.t) + bins[event.key] * of.bin_width_s);
    else if (event.key === "Escape") move(null);
    else return;
    event.preventDefault();
  }
  async function copy() {
    const text = new URL(root.dataset.link || "", location.href.split("#")[0]).href + link();
    try {
      await navigator.clipboard.writeText(text);
      ui.copy.textContent = "Copied";
      setTimeout(() => { ui.copy.textContent = "Copy the link to this moment"; }, 2000);
    } catch { say(`Copy this link: ${text}`); }
  }

  function listen() {
    ui.session.addEventListener("change", () => { choose(Number(ui.session.value)); go(0); });
    ui.before.addEventListener("click", () => go(at.position - 1));
    ui.after.addEventListener("click", () => go(at.position + 1));
    ui.slider.addEventListener("input", () => go(Number(ui.slider.value)));
    ui.number.addEventListener("change", () => {
      const found = of.number.indexOf(Number(ui.number.value));
      if (found >= 0) go(found); else say(`Trial ${ui.number.value} is not among the ${of.number.length} trials here.`);
    });
    ui.t.addEventListener("change", () => move(ui.t.value === "" ? null : Number(ui.t.value)));
    ui.order.addEventListener("change", () => { list(); draw(); });
    ui.same.addEventListener("change", draw);
    ui.copy.addEventListener("click", copy);
    document.addEventListener("keydown", pressed);
    addEventListener("hashchange", follow);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    let soon = 0;
    addEventListener("resize", () => { clearTimeout(soon); soon = setTimeout(draw, 150); });
  }

  (async () => {
    try {
      about = await trialRecords.about();
    } catch (error) {
      root.replaceChildren(make("p", `The trials did not come: ${error.message}. Reload the page.`, { className: "problem" }));
      return;
    }
    ui = trialControls.build(root, about);
    listen();
    choose(0);
    follow();
  })();
})();
