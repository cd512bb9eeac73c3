// What can be chosen of single trials: the controls, each with its label, and the words below the panels.
"use strict";
const trialControls = (() => {
  const make = (tag, words = "", values = {}) => Object.assign(document.createElement(tag), { textContent: words }, values);
  const label = (words, control) => {
    const one = make("label");
    one.append(make("span", words), control);
    return one;
  };
  function box(text, checked, changed) {
    const one = make("label", ""), input = make("input", "", { type: "checkbox", checked });
    input.addEventListener("change", () => { if (!changed(input.checked)) input.checked = !input.checked; });
    one.append(input, ` ${text}`);
    return one;
  }

  function legend([paint, dash, text]) {
    const one = make("span");
    if (paint) {
      const mark = make("i");
      mark.style.borderTop = `3px ${dash.length ? "dashed" : "solid"} ${paint}`;
      one.append(mark);
    }
    one.append(text);
    return one;
  }
  function colors(canvas) {
    const pen = canvas.getContext("2d");
    canvas.width = 256;
    canvas.height = 12;
    for (let k = 0; k < 256; k++) { pen.fillStyle = `rgb(${trialFigure.shade(k / 255)})`; pen.fillRect(k, 0, 1, 12); }
  }

  function build(root, about) {
    const ui = {};
    ui.session = make("select", "", { id: "trial-session" });
    about.sessions.forEach((one, k) => ui.session.append(make("option", one.name || "session", { value: k })));
    ui.before = make("button", "◀ before (k)", { type: "button" });
    ui.after = make("button", "next (j) ▶", { type: "button" });
    ui.number = make("input", "", { type: "number", min: 0, step: 1, id: "trial-number" });
    ui.slider = make("input", "", { type: "range", min: 0, value: 0, id: "trial-slider" });
    ui.of = make("span", "", { className: "note" });
    ui.t = make("input", "", { type: "number", step: "any", id: "trial-time", placeholder: "none" });
    ui.order = make("select", "", { id: "trial-order" });
    for (const [value, text] of [["rate", "mean rate"], ["peak", "time of peak"], ["area", "area, then rate"], ["number", "number"]]) ui.order.append(make("option", text, { value }));
    ui.same = make("input", "", { type: "checkbox", checked: true, id: "trial-same" });
    ui.copy = make("button", "Copy the link to this moment", { type: "button" });
    ui.about = make("p", "", { className: "trial-about" });
    ui.about.setAttribute("aria-live", "polite");
    ui.said = make("p", "", { className: "waits", hidden: true });
    ui.said.setAttribute("role", "status");
    ui.readout = make("p", "", { className: "note trial-readout" });
    ui.left = make("div");
    ui.right = make("div");
    ui.scale = make("canvas");
    ui.scale.setAttribute("role", "img");
    ui.scale.setAttribute("aria-label", "Scale of colours, dark is low");
    colors(ui.scale);
    ui.scaleLow = make("span");
    ui.scaleHigh = make("span");
    ui.scaleLine = make("div", "", { className: "trial-scale" });
    ui.scaleLine.append(ui.scaleLow, ui.scale, ui.scaleHigh);
    ui.neurons = make("div", "", { className: "trial-list" });
    ui.parts = make("div", "", { className: "trial-list" });
    ui.held = make("span", "■ left of a row: held-out neuron, which the encoders never saw. ");
    ui.held.className = "trial-held";
    ui.forward = make("span", "Dashed upright line: from here on, bins that the encoders never saw. ");
    const session = label("Session", ui.session), same = make("label"), bar = make("div", "", { className: "trial-bar" });
    session.hidden = about.sessions.length < 2;
    same.append(ui.same, " same scale in all trials");
    bar.append(session, ui.before, ui.after, label("Trial", ui.number), label("Slide", ui.slider), ui.of, label("Moment (s)", ui.t),
      label("Neurons by", ui.order), same, ui.copy);
    const key = make("p", "", { className: "note" });
    key.append(ui.held, ui.forward, "▶ left of a row: drawn as a trace. ▲ ▼ at an edge: the line goes on beyond the common scale, which holds ",
      "nearly all values (99.8 %). Grey: behind the trial's end. Orange: not recorded. ",
      `Bands are mean ± 1 standard deviation (rates_std, factors_std, inferred_inputs_std of the results): ${about.spread}.`);
    const notes = about.notes.map((text) => make("p", text, { className: "note" }));
    const choice = make("details"), rest = make("details");
    choice.append(make("summary", "Neurons drawn as traces"), ui.neurons);
    rest.append(make("summary", "Factors and inferred inputs that are drawn"), ui.parts);
    const keys = make("p", "Keys: j, k or arrows step through trials; h and l move the moment by a bin; Escape takes it away.", { className: "note" });
    const panels = make("div", "", { className: "trial-panels" });
    panels.append(ui.left, ui.right);
    root.replaceChildren(...notes, bar, ui.about, ui.readout, ui.said, panels, key, choice, rest, keys);
    return ui;
  }
  return { build, box, legend, make };
})();
