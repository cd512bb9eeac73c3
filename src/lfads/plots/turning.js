// Lets figures in three dimensions be turned: by dragging, or by arrow keys where one has the focus.
// Each <script class="turning"> inside a figure describes its panels; the still picture stays below them.
"use strict";
(() => {
  const STEP = 5, PER_PIXEL = 0.5, STEEPEST = 89;
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function made(parent, name, attributes) {
    const node = document.createElementNS(parent.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    parent.append(node);
    return node;
  }

  // Where a point of the box, in [-.5, .5] times its sides, stands on the page, and how near it is.
  function projection(panel, view) {
    const a = (view.azimuth * Math.PI) / 180, e = (view.elevation * Math.PI) / 180;
    const right = [-Math.sin(a), Math.cos(a), 0];
    const near = [Math.cos(e) * Math.cos(a), Math.cos(e) * Math.sin(a), Math.sin(e)];
    const up = [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)];
    const along = (axis, p) => axis[0] * p[0] + axis[1] * p[1] + axis[2] * p[2];
    return (point) => {
      const p = point.map((value, k) => value * panel.sides[k]);
      const w = along(near, p), size = (panel.scale * panel.distance) / (panel.distance - w);
      return [panel.centre[0] + size * along(right, p), panel.centre[1] - size * along(up, p), w];
    };
  }

  // The three walls that face the viewer from behind: a corner is the farthest one.
  function box(panel, to) {
    const signs = [0, 1, 2].map((k) => {
      const near = (end) => to([0, 1, 2].map((axis) => (axis === k ? end : 0)))[2];
      return near(0.5) < near(-0.5) ? 0.5 : -0.5;
    });
    const lines = [], named = [];
    for (let axis = 0; axis < 3; axis++) {
      const [one, other] = [(axis + 1) % 3, (axis + 2) % 3];
      const edges = [[1, 1], [1, -1], [-1, 1]].map(([m, n]) => [-0.5, 0.5].map((end) => {
        const point = [0, 0, 0];
        point[axis] = end;
        point[one] = m * signs[one];
        point[other] = n * signs[other];
        return to(point);
      }));
      lines.push(...edges);
      // Names stand outside: of the upright axis at the right, of the others at the near end of the floor.
      const [, a, b] = edges, middle = ([p, q]) => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
      const best = axis === 2 ? (a[0][0] > b[0][0] ? a : b) : axis ? a : b;
      const at = middle(best), [[x, y], [u, v]] = best, length = Math.hypot(u - x, v - y) || 1;
      const across = [(v - y) / length, (x - u) / length].map((each) => each * panel.text * 1.15);
      const sign = across[0] * (at[0] - panel.centre[0]) + across[1] * (at[1] - panel.centre[1]) < 0 ? -1 : 1;
      let angle = (Math.atan2(v - y, u - x) * 180) / Math.PI;
      if (angle >= 80) angle -= 180;
      if (angle < -100) angle += 180;
      named.push({ edge: best, angle, at: at.map((value, k) => value + sign * across[k]) });
    }
    return { lines, named };
  }

  const path = (points) => points.map((p, k) => `${k ? "L" : "M"}${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join("");

  const placed = ({ place: [x, y, width, height] }) => ({ x, y, width, height });

  function build(svg, panel, number) {
    const group = made(svg, "g", {
      tabindex: 0, role: "application", class: "turned", "aria-roledescription": "space that turns",
      "aria-label": `${panel.title || `Space ${number + 1}`}: ${panel.names.join(", ")}. Arrow keys turn it, Home turns it back.`,
    });
    made(group, "rect", { ...placed(panel), fill: "none", "pointer-events": "all", class: "turned-frame" });
    const walls = made(group, "path", { fill: "none", stroke: "#e4e4e4", "stroke-width": 0.8 });
    const edges = made(group, "path", { fill: "none", stroke: "#8a8a8a", "stroke-width": 0.8 });
    const font = { "font-size": panel.text, fill: "#262626", "text-anchor": "middle", "dominant-baseline": "middle" };
    const names = panel.names.map((name) => {
      const text = made(group, "text", font);
      text.textContent = name;
      return text;
    });
    const lines = panel.lines.map((line) => made(group, "path", {
      fill: "none", stroke: line.color, "stroke-width": line.width, "stroke-opacity": line.alpha,
      "stroke-linejoin": "round", "stroke-linecap": "round",
    }));
    const dots = panel.dots.map((dot) => made(group, "circle", { r: dot.size, fill: dot.color, "fill-opacity": dot.alpha }));
    const points = (flat) => {
      const found = [];
      for (let k = 0; k < flat.length; k += 3) found.push([0, 1, 2].map((i) => flat[k + i] / 1000 - 0.5));
      return found;
    };
    const courses = panel.lines.map((line) => points(line.at)), places = panel.dots.map((dot) => points(dot.at)[0]);
    return { group, draw(view) {
      const to = projection(panel, view), { lines: back, named } = box(panel, to);
      walls.setAttribute("d", back.map(path).join(""));
      edges.setAttribute("d", named.map(({ edge }) => path(edge)).join(""));
      named.forEach(({ at: [x, y], angle }, k) => {
        names[k].setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${angle.toFixed(1)})`);
      });
      courses.forEach((course, k) => lines[k].setAttribute("d", path(course.map(to))));
      places.forEach((place, k) => {
        const [cx, cy] = to(place);
        dots[k].setAttribute("cx", cx.toFixed(1));
        dots[k].setAttribute("cy", cy.toFixed(1));
      });
    } };
  }

  // All panels of a figure turn together, so that they can be compared.
  function turn(script) {
    const svg = script.closest("figure").querySelector("svg");
    const panels = JSON.parse(script.textContent);
    const start = { azimuth: panels[0].azimuth, elevation: panels[0].elevation }, view = { ...start };
    svg.setAttribute("role", "group");
    svg.querySelectorAll('[id*="-turning-"]').forEach((name) => name.setAttribute("visibility", "hidden"));
    panels.forEach((panel) => made(svg, "rect", { ...placed(panel), fill: "#fff" }));
    const drawn = panels.map((panel, number) => build(svg, panel, number));
    let waiting = 0;
    const draw = () => { waiting = 0; drawn.forEach((each) => each.draw(view)); };
    const by = (right, up) => {
      view.azimuth -= right;
      view.elevation = Math.min(Math.max(view.elevation + up, -STEEPEST), STEEPEST);
      waiting = waiting || requestAnimationFrame(draw);
    };
    for (const { group } of drawn) {
      let last = null;
      group.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        last = [event.clientX, event.clientY];
        group.setPointerCapture(event.pointerId);
        event.preventDefault();
        group.focus({ preventScroll: true });
      });
      group.addEventListener("pointermove", (event) => {
        if (last === null) return;
        by(PER_PIXEL * (event.clientX - last[0]), PER_PIXEL * (event.clientY - last[1]));
        last = [event.clientX, event.clientY];
      });
      for (const name of ["pointerup", "pointercancel"]) group.addEventListener(name, () => { last = null; });
      group.addEventListener("keydown", (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        if (event.key === "Home") { Object.assign(view, start); by(0, 0); } else if (event.key in KEYS) {
          by(...KEYS[event.key].map((sign) => sign * STEP));
        } else return;
        event.preventDefault();
      });
    }
    const words = { className: "hint", textContent: " · Drag to turn, or use the arrow keys; Home turns it back." };
    script.closest("figure").querySelector("figcaption").append(Object.assign(document.createElement("span"), words));
    draw();
  }
  document.querySelectorAll("script.turning").forEach(turn);
})();
